SELECT seq, body FROM event_store.events WHERE sale_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
