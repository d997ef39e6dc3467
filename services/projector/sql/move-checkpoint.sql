UPDATE event_store.checkpoints SET sequence_number = $4, moved_at = now()
WHERE stream = $1 AND shard_id = $2 AND sequence_number = $3
