-- $1 projection, $2 sale, $3 seq, $4 event id, $5 type, $6 reason. Parked at the same event already, nothing changes.
WITH parked AS (
  INSERT INTO projection.parked_events AS parked (projection, sale_id, seq, id, type, reason)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (projection, sale_id) DO UPDATE
    SET seq = excluded.seq, id = excluded.id, type = excluded.type, reason = excluded.reason, parked_at = now()
    WHERE parked.seq <> excluded.seq
  RETURNING *
)
INSERT INTO projection.acts
  (act, projection, sale_id, seq, event_id, event_type, reason, actor, why, done_at)
SELECT 'parked', projection, sale_id, seq, id, type, reason, 'system', 'the event cannot be applied', now()
FROM parked
RETURNING id
