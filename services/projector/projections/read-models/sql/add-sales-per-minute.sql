-- $1 sale, $2 currency, then one row per minute: $3 minute, $4 orders, $5 tickets, $6 revenue
INSERT INTO read_models.sales_per_minute_v1 AS sold (sale_id, currency, minute, orders, tickets, revenue_minor)
SELECT $1, $2, added.*
FROM unnest($3::timestamptz[], $4::integer[], $5::integer[], $6::bigint[])
  AS added (minute, orders, tickets, revenue_minor)
ON CONFLICT (sale_id, minute) DO UPDATE SET
  orders = sold.orders + excluded.orders,
  tickets = sold.tickets + excluded.tickets,
  revenue_minor = sold.revenue_minor + excluded.revenue_minor
