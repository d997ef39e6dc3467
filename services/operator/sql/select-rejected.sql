-- $1 sales
SELECT sale_id AS "saleId", count(*) AS rejected FROM event_store.rejected_events
WHERE sale_id = ANY ($1::text[]) GROUP BY sale_id
