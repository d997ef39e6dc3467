UPDATE handovers SET status = 'expired', changed_at = now(), tell_at = now(),
  change_xid = pg_current_xact_id(), change_no = nextval('handover_changes')
WHERE handover_id IN (
  SELECT handover_id FROM handovers WHERE status = 'requires_action' AND expires_at <= now()
  ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
