-- $1 webhook, $2 behind this id, $3 at most, $4 failing, dead, pending, delivered or NULL for all
SELECT d.delivery_id, d.sale_id, d.seq, d.event_id, d.type, d.replay_id, d.attempts, d.last_status, d.last_fault,
  d.last_attempt_at, d.created_at,
  CASE WHEN d.state = 'pending' AND d.attempts > 0 THEN 'failing' ELSE d.state END AS state,
  CASE WHEN d.state = 'pending' AND d.attempts > 0 THEN l.due_at END AS due_at
FROM webhooks.deliveries d LEFT JOIN webhooks.lanes l USING (webhook_id, sale_id, replay_id)
WHERE d.webhook_id = $1 AND d.delivery_id > $2 AND CASE $4::text
  WHEN 'failing' THEN d.state = 'pending' AND d.attempts > 0
  WHEN 'dead' THEN d.state = 'dead'
  WHEN 'pending' THEN d.state = 'pending'
  WHEN 'delivered' THEN d.state = 'delivered'
  ELSE true END
ORDER BY d.delivery_id LIMIT $3
