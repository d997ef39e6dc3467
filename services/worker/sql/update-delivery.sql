-- One statement, since there is one per delivery: $1 to $4 lane and epoch, $5 lease in ms, $6 delivery, $7 its state now,
-- $8 status or NULL, $9 what was wrong or NULL. No row when another process has the lane.
WITH lane AS (
  UPDATE webhooks.lanes SET leased_until = now() + $5 * interval '1 ms'
  WHERE webhook_id = $1 AND sale_id = $2 AND replay_id = $3 AND epoch = $4
  RETURNING webhook_id
)
UPDATE webhooks.deliveries SET state = $7, attempts = attempts + 1, last_status = $8, last_fault = $9,
  first_attempt_at = coalesce(first_attempt_at, now()), last_attempt_at = now(),
  body = CASE WHEN $7 = 'delivered' THEN NULL ELSE body END
WHERE delivery_id = $6 AND state = 'pending' AND EXISTS (SELECT FROM lane)
