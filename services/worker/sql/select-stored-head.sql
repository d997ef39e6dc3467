-- Of the event store
SELECT seq FROM event_store.heads WHERE sale_id = $1
