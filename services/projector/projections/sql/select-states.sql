-- $1 projections, $2 sales: where they are, and which of them are parked
SELECT position.projection, position.sale_id AS "saleId", position.seq, false AS parked
FROM projection.positions position
WHERE position.projection = ANY ($1::text[]) AND position.sale_id = ANY ($2::text[])
UNION ALL
SELECT parked.projection, parked.sale_id, 0, true
FROM projection.parked_events parked
WHERE parked.projection = ANY ($1::text[]) AND parked.sale_id = ANY ($2::text[])
