INSERT INTO webhooks.heads (sale_id, seq, id)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])
ON CONFLICT (sale_id) DO UPDATE SET seq = excluded.seq, id = excluded.id
