SELECT partition FROM event_store.heads WHERE sale_id = $1
