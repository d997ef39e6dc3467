-- what the definition of a sale follows from, without its seats
SELECT body FROM event_store.events
WHERE sale_id = $1 AND type IN ('sale.defined', 'price.changed', 'capacity.changed')
ORDER BY seq
