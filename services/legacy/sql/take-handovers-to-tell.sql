-- $1 at most, $2 ms until somebody else may try what is taken here.
UPDATE handovers SET tell_at = now() + make_interval(secs => $2 / 1000.0), tell_count = tell_count + 1
WHERE handover_id IN (
  SELECT handover_id FROM handovers WHERE tell_at <= now() ORDER BY tell_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
RETURNING *
