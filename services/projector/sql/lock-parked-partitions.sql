-- Shared: none of them can be released until this transaction ends.
SELECT partition FROM event_store.parked_partitions WHERE stream = $1 ORDER BY partition FOR SHARE
