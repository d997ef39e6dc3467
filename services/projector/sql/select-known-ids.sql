SELECT sale_id, id FROM event_store.events WHERE id = ANY ($1::text[])
