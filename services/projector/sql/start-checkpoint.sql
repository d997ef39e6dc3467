INSERT INTO event_store.checkpoints (stream, shard_id, sequence_number) VALUES ($1, $2, $3)
ON CONFLICT (stream, shard_id) DO NOTHING
