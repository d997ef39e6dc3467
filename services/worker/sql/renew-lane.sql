-- $1 webhook, $2 sale, $3 replay, $4 epoch, $5 lease in ms; no row when another process has it, or the webhook is off or gone
UPDATE webhooks.lanes l SET leased_until = now() + $5 * interval '1 ms'
FROM webhooks.subscriptions s
WHERE l.webhook_id = $1 AND l.sale_id = $2 AND l.replay_id = $3 AND l.epoch = $4 AND s.webhook_id = l.webhook_id
RETURNING s.url, s.is_active, s.secret_nonce,
  CASE WHEN s.old_secret_until > now() THEN s.old_secret_nonce END AS old_secret_nonce
