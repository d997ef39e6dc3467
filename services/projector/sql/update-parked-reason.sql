UPDATE event_store.parked_partitions SET reason = $3 WHERE stream = $1 AND partition = $2
