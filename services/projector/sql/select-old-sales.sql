-- Sales that ended with being archived, more than $1 days ago, and have all their events in the chain; at most $2
SELECT head.sale_id AS "saleId", head.seq
FROM event_store.heads AS head
CROSS JOIN LATERAL (
  SELECT type, time FROM event_store.events WHERE sale_id = head.sale_id AND seq = head.seq LIMIT 1
) AS last
WHERE head.removed_at IS NULL AND head.chained_seq = head.seq AND head.digest IS NOT NULL
  AND last.type = 'sale.archived' AND last.time < now() - $1::integer * interval '1 day'
ORDER BY head.sale_id LIMIT $2
