-- Of the event store: $1 sale, from $2 through $3, at most $4
SELECT body FROM event_store.events WHERE sale_id = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq LIMIT $4
