-- $1 lease in ms, $2 rows at most. The next of a payment is not taken before the one before it has ended.
WITH due AS (
  SELECT w.delivery_id FROM sandbox.webhooks w
  WHERE w.state = 'pending' AND w.due_at <= now() AND NOT EXISTS (
    SELECT FROM sandbox.webhooks b
    WHERE b.payment_id = w.payment_id AND b.delivery_id < w.delivery_id AND b.state = 'pending')
  ORDER BY w.due_at LIMIT $2
  FOR UPDATE SKIP LOCKED
)
UPDATE sandbox.webhooks w SET due_at = now() + $1 * interval '1 ms', attempts = w.attempts + 1,
  first_attempt_at = coalesce(w.first_attempt_at, now())
FROM due WHERE w.delivery_id = due.delivery_id
RETURNING w.delivery_id, w.payment_id, w.message_id, w.type, w.url, w.body, w.attempts, w.first_attempt_at
