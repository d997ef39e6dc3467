INSERT INTO webhooks.deliveries (webhook_id, sale_id, replay_id, seq, event_id, type, body)
SELECT $1, $2, $3, * FROM unnest($4::bigint[], $5::text[], $6::text[], $7::text[])
ON CONFLICT (webhook_id, sale_id, event_id, replay_id) DO NOTHING
