-- $1 sale: its log.
SELECT body FROM event_store.events WHERE sale_id = $1 ORDER BY seq;
