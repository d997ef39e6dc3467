SELECT sale_id, seq, removed_at IS NOT NULL AS removed FROM event_store.heads
