-- when the last event of a partition happened
SELECT max(events.time) AS last_at
FROM event_store.heads JOIN event_store.events USING (sale_id, seq)
WHERE heads.partition = $1
