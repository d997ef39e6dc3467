SELECT seq, id, digest FROM event_store.stream_heads WHERE stream = $1 FOR UPDATE
