-- $1 handover, $2 status, $3 payment method or null. Once; taking money only before its time is over.
UPDATE handovers SET status = $2, payment_method = $3,
  captured_minor = CASE WHEN $2 = 'captured' THEN amount_minor ELSE 0 END,
  changed_at = now(), tell_at = now(),
  change_xid = pg_current_xact_id(), change_no = nextval('handover_changes')
WHERE handover_id = $1 AND status = 'requires_action' AND ($2 <> 'captured' OR expires_at > now())
RETURNING *
