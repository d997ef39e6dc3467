SELECT delivery_id, message_id, type, state, attempts, last_status, last_fault FROM sandbox.webhooks
WHERE payment_id = $1 ORDER BY delivery_id LIMIT $2
