-- $1 show, $2 number of the order, and what was given back: $3 amount, $4 currency, $5 time
INSERT INTO payments (order_id, method, amount_minor, currency, status, created_at)
SELECT o.id, 'onsale', $3::bigint, $4, 'refunded', $5::timestamptz
FROM orders o WHERE o.show_id = $1 AND o.number = $2
