-- $1 rows of payments: their new state. They are locked.
UPDATE sandbox.payments p SET status = n.status, captured_minor = n.captured_minor, decide_at = NULL,
  capture_at = n.capture_at, captured_at = n.captured_at, changed_at = n.changed_at,
  change_xid = pg_current_xact_id(), change_no = nextval('sandbox.changes')
FROM jsonb_populate_recordset(NULL::sandbox.payments, $1) n WHERE p.payment_id = n.payment_id
