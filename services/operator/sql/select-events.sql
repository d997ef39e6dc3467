-- $1 sale, $2 only events behind this seq, $3 how many at most
SELECT seq, body FROM event_store.events WHERE sale_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
