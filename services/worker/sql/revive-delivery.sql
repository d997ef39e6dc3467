-- Begins its attempts anew: $1 webhook, $2 delivery, which is dead or waits for its next attempt.
UPDATE webhooks.deliveries SET state = 'pending', attempts = 0, first_attempt_at = NULL
WHERE webhook_id = $1 AND delivery_id = $2 AND (state = 'dead' OR state = 'pending' AND attempts > 0)
RETURNING sale_id, replay_id
