-- $1 projections
SELECT projection, sale_id AS "saleId", seq FROM projection.positions WHERE projection = ANY ($1::text[])
