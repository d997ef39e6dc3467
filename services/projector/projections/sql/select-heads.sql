SELECT sale_id, seq FROM event_store.heads
