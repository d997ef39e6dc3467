SELECT seq, id, digest, chained_seq, removed_at FROM event_store.heads WHERE sale_id = $1
