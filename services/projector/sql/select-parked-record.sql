SELECT place, shard_id, sequence_number, partition_key, data FROM event_store.parked_records
WHERE stream = $1 AND partition = $2 ORDER BY place LIMIT 1
