-- Behind the deliveries in the same transaction: whoever ends a lane meanwhile waits for it, or is waited for and the lane is
-- made anew. A lane that waits before its next attempt goes on waiting.
INSERT INTO webhooks.lanes (webhook_id, sale_id, replay_id)
SELECT DISTINCT webhook_id, sale_id, 0 FROM unnest($1::text[], $2::text[]) AS l (webhook_id, sale_id)
ORDER BY webhook_id, sale_id
ON CONFLICT (webhook_id, sale_id, replay_id) DO UPDATE SET due_at = webhooks.lanes.due_at
