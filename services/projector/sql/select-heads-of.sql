SELECT sale_id, seq, id, digest, chained_seq FROM event_store.heads WHERE sale_id = ANY ($1::text[])
