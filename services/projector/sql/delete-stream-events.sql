DELETE FROM outbox.stream_events WHERE outbox_id = ANY ($1::bigint[])
