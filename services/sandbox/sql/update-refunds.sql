-- $1 rows of refunds: their new state. They are locked.
UPDATE sandbox.refunds r SET status = n.status, changed_at = n.changed_at,
  change_xid = pg_current_xact_id(), change_no = nextval('sandbox.changes')
FROM jsonb_populate_recordset(NULL::sandbox.refunds, $1) n WHERE r.refund_id = n.refund_id
