-- $1 Idempotency-Key, $2 digest of the body, $3 the answer, $4 the payment. No row: the key was used before, by whoever
-- has committed meanwhile.
WITH claimed AS (
  INSERT INTO sandbox.answers (scope, key, digest, answer) VALUES ('payments', $1, $2, $3)
  ON CONFLICT DO NOTHING RETURNING scope
)
INSERT INTO sandbox.payments (payment_id, amount_minor, currency, reference, return_url, webhook_url, outcome,
  delay_ms, created_at, expires_at, decide_at, changed_at)
SELECT p.payment_id, p.amount_minor, p.currency, p.reference, p.return_url, p.webhook_url, p.outcome,
  p.delay_ms, p.created_at, p.expires_at, p.decide_at, p.created_at
FROM claimed, jsonb_populate_record(NULL::sandbox.payments, $4) p
RETURNING payment_id
