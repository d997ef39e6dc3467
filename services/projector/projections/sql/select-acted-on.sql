-- $1 how many of the last acts
SELECT DISTINCT sale_id AS "saleId" FROM (
  SELECT sale_id FROM projection.acts ORDER BY id DESC LIMIT $1
) AS act
