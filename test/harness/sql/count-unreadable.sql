SELECT count(*)::int AS unreadable FROM event_store.unreadable_records
