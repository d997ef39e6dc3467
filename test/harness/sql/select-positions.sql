-- $1 projections
SELECT projection AS key, sale_id AS "saleId", seq::int AS seq FROM projection.positions
WHERE projection = ANY ($1::text[])
