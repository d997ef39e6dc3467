SELECT shard_id, sequence_number FROM event_store.checkpoints WHERE stream = $1
