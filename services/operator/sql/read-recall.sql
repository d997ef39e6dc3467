SELECT r.sale_id AS "saleId", kind, places, refund, reason, new_date AS "newDate", answer_by AS "answerBy",
  orders_per_second AS "ordersPerSecond", r.state, started_at AS "startedAt", done_at AS "doneAt",
  coalesce((SELECT json_object_agg(state, count) FROM (
    SELECT state, count(*) FROM recalls.orders o WHERE o.sale_id = r.sale_id GROUP BY state) counted), '{}') AS orders,
  coalesce((SELECT sum(o.total_minor) FROM recalls.orders w JOIN orders o ON o.number = w.order_number
    WHERE w.sale_id = r.sale_id AND w.state = 'cancelled'), 0)::bigint AS "cancelledMinor",
  coalesce((SELECT sum(p.amount_minor) FROM recalls.orders w JOIN orders o ON o.number = w.order_number
    JOIN payments p ON p.order_id = o.id AND p.status = 'refunded' WHERE w.sale_id = r.sale_id), 0)::bigint
    AS "refundedMinor",
  coalesce((SELECT json_agg(json_build_object('orderId', order_number, 'reason', detail)) FROM (
    SELECT order_number, detail FROM recalls.orders o WHERE o.sale_id = r.sale_id AND o.state = 'refused'
    ORDER BY order_number LIMIT 100) refused), '[]') AS refused
FROM recalls.recalls r WHERE r.sale_id = $1
