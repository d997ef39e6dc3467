SELECT pg_notify('event_store_placed', $1)
