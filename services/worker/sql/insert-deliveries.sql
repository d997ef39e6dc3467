-- What the active subscriptions want of these events. Conflicts are events that were queued before.
INSERT INTO webhooks.deliveries (webhook_id, sale_id, replay_id, seq, event_id, type, body)
SELECT s.webhook_id, e.sale_id, 0, e.seq, e.id, e.type, e.body
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[]) AS e (sale_id, seq, id, type, body)
JOIN webhooks.subscriptions s ON s.is_active
  AND (s.sale_ids IS NULL OR e.sale_id = ANY(s.sale_ids))
  AND (s.types IS NULL OR e.type = ANY(s.types))
ORDER BY s.webhook_id, e.sale_id, e.seq
ON CONFLICT (webhook_id, sale_id, event_id, replay_id) DO NOTHING
RETURNING webhook_id, sale_id
