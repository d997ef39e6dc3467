-- $1 only sales behind this id, $2 how many at most
SELECT sale_id AS "saleId", partition, seq FROM event_store.heads WHERE sale_id > $1 ORDER BY sale_id LIMIT $2
