-- Of the event store
SELECT id FROM event_store.events WHERE sale_id = $1 AND seq = $2
