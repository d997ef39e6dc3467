SELECT delivery_id, seq, event_id, type, body, attempts, first_attempt_at FROM webhooks.deliveries
WHERE webhook_id = $1 AND sale_id = $2 AND replay_id = $3 AND state = 'pending'
ORDER BY seq LIMIT $4
