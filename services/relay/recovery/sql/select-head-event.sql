-- the last event of a sale
SELECT events.body
FROM event_store.heads JOIN event_store.events USING (sale_id, seq)
WHERE heads.sale_id = $1
