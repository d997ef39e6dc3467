SELECT max(last_position) AS position FROM event_store.chunks
