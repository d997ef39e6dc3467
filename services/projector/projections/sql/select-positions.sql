-- $1 projections, $2 sales; NULL: all
SELECT projection, sale_id AS "saleId", seq FROM projection.positions
WHERE projection = ANY ($1::text[]) AND ($2::text[] IS NULL OR sale_id = ANY ($2::text[]))
