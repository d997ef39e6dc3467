INSERT INTO event_store.heads AS head (sale_id, partition, seq, id)
SELECT * FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::text[])
ON CONFLICT (sale_id) DO UPDATE SET seq = excluded.seq, id = excluded.id WHERE head.seq < excluded.seq
