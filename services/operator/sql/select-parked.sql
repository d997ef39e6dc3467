-- Where projections of sales have stopped, the oldest first, at most $1
SELECT projection, sale_id AS "saleId", seq, id AS "eventId", type, reason, parked_at AS "parkedAt"
FROM projection.parked_events ORDER BY parked_at, projection, sale_id LIMIT $1
