INSERT INTO sandbox.refunds
  (refund_id, payment_id, status, amount_minor, currency, reference, outcome, created_at, settle_at, changed_at)
SELECT refund_id, payment_id, status, amount_minor, currency, reference, outcome, created_at, settle_at, changed_at
FROM jsonb_populate_record(NULL::sandbox.refunds, $1)
