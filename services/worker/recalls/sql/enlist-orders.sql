-- $1 sale, $2 state. Orders of onsale that hold; of a moved show those that were made for the old date.
INSERT INTO recalls.orders (sale_id, order_number, state, token)
SELECT $1, o.number, $2, replace(gen_random_uuid()::text, '-', '')
FROM recalls.recalls r JOIN shows s ON s.slug = r.sale_id JOIN orders o ON o.show_id = s.id
WHERE r.sale_id = $1 AND o.status = 'confirmed' AND o.payment_method = 'onsale'
  AND (r.kind = 'cancelled' OR o.created_at <= r.started_at)
ON CONFLICT DO NOTHING
