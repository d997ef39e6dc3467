-- One row per order: $1 order, $2 amount, $3 currency, $4 time
INSERT INTO payments (order_id, method, amount_minor, currency, status, created_at)
SELECT p.order_id, 'onsale', p.amount_minor, p.currency, 'paid', p.created_at
FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[])
  AS p (order_id, amount_minor, currency, created_at)
