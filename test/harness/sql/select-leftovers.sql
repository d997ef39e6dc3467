SELECT (SELECT count(*)::int FROM projection.parked_events) AS parked,
  (SELECT count(*)::int FROM event_store.unreadable_records) AS unreadable
