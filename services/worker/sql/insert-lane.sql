INSERT INTO webhooks.lanes (webhook_id, sale_id, replay_id) VALUES ($1, $2, $3)
ON CONFLICT (webhook_id, sale_id, replay_id) DO UPDATE SET due_at = now()
