-- $1 projections
SELECT projection, sale_id AS "saleId" FROM projection.parked_events WHERE projection = ANY ($1::text[])
