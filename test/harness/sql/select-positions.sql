SELECT sale_id AS "saleId", seq::int AS seq FROM projection.positions WHERE projection = 'legacy'
