-- $1 how many events to look at. Sales with events that a projector of the version before has stored.
SELECT DISTINCT sale_id FROM (
  SELECT sale_id FROM event_store.events WHERE digest IS NULL LIMIT $1
) AS unchained
