-- $1 sale, $2 currency, $3 orders, $4 tickets, $5 revenue, $6 time of the first, $7 of the last order
INSERT INTO read_models.sale_totals_v2 AS sold
  (sale_id, currency, orders, tickets, revenue_minor, first_order_at, last_order_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (sale_id) DO UPDATE SET
  orders = sold.orders + excluded.orders,
  tickets = sold.tickets + excluded.tickets,
  revenue_minor = sold.revenue_minor + excluded.revenue_minor,
  last_order_at = greatest(sold.last_order_at, excluded.last_order_at)
