SELECT shard_id, sequence_number, extract(epoch FROM time)::double precision * 1000 AS time_ms
FROM event_store.events WHERE sale_id = $1 AND seq = $2
