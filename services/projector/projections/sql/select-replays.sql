-- $1 projections: what operators want to be replayed
SELECT id, projection, sale_id AS "saleId" FROM projection.acts
WHERE done_at IS NULL AND act = 'replayed' AND projection = ANY ($1::text[])
ORDER BY id
