SELECT seq, chained_seq, digest FROM event_store.heads WHERE sale_id = $1 FOR UPDATE
