DELETE FROM event_store.passing_keys WHERE iv = ANY ($1::text[])
