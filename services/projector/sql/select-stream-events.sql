-- The first $2 events of the outbox, those of the streams $1 left out
SELECT outbox_id, stream, event FROM outbox.stream_events
WHERE stream <> ALL ($1::text[]) ORDER BY outbox_id LIMIT $2
