-- $1 show, then one row per order: $2 id, $3 number, $4 customer, $5 total, $6 currency, $7 time
INSERT INTO orders
  (id, number, show_id, customer_id, status, payment_method, total_minor, currency, created_at)
  OVERRIDING SYSTEM VALUE
SELECT o.id, o.number, $1, o.customer_id, 'confirmed', 'onsale', o.total_minor, o.currency, o.created_at
FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::timestamptz[])
  AS o (id, number, customer_id, total_minor, currency, created_at)
