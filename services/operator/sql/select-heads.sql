-- $1 only sales behind this id, $2 how many at most. An archived sale has no event behind its archiving.
SELECT head.sale_id AS "saleId", head.partition, head.seq, event.type = 'sale.archived' AS archived
FROM event_store.heads head
JOIN event_store.events event ON event.sale_id = head.sale_id AND event.seq = head.seq
WHERE head.sale_id > $1
ORDER BY head.sale_id
LIMIT $2
