-- $1 sale, then one row per cancellation or refund: $2 order, $3 tickets, $4 money
UPDATE read_models.buyer_orders_v2 o
SET tickets = o.tickets - taken.tickets, total_minor = o.total_minor - taken.amount_minor
FROM (
  SELECT order_id, sum(tickets) AS tickets, sum(amount_minor) AS amount_minor
  FROM unnest($2::text[], $3::integer[], $4::bigint[]) AS t (order_id, tickets, amount_minor)
  GROUP BY order_id
) taken
WHERE o.sale_id = $1 AND o.order_id = taken.order_id
