INSERT INTO event_store.unreadable_records (stream, shard_id, sequence_number, partition_key, data, reason)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (stream, shard_id, sequence_number) DO NOTHING
