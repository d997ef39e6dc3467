-- repeatable: the same event is discarded once
INSERT INTO event_store.discarded_events (sale_id, id, seq, epoch, type, time, packed)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::text[], $6::timestamptz[], $7::text[])
ON CONFLICT (sale_id, id) DO NOTHING
