SELECT order_number AS "orderId", state, token FROM recalls.orders
WHERE sale_id = $1 AND state IN ('to_ask', 'to_cancel') ORDER BY order_number LIMIT $2
