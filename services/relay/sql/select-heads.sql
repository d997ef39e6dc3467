SELECT sale_id, partition, seq, id FROM event_store.heads
