SELECT reason FROM event_store.parked_partitions WHERE stream = $1 AND partition = $2 FOR UPDATE
