-- $1 one webhook or NULL for all, $2 behind this id, $3 at most
SELECT webhook_id, url, sale_ids, types, is_active, off_reason, created_at, changed_at, old_secret_until,
  (SELECT count(*) FROM webhooks.deliveries d WHERE d.webhook_id = s.webhook_id AND d.state = 'pending') AS pending,
  (SELECT count(*) FROM webhooks.deliveries d WHERE d.webhook_id = s.webhook_id AND d.state = 'dead') AS dead
FROM webhooks.subscriptions s
WHERE ($1::text IS NULL OR webhook_id = $1) AND webhook_id > $2
ORDER BY webhook_id LIMIT $3
