SELECT sale_id, seq, id FROM event_store.heads WHERE sale_id = ANY ($1::text[])
