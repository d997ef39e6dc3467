-- Row ids ahead of the rows, so that each table can be filled with one statement: $1 orders, $2 order lines. The names of
-- the sequences are looked up once, not for every id.
WITH name AS MATERIALIZED (
  SELECT pg_get_serial_sequence('customers', 'id')::regclass AS customers,
    pg_get_serial_sequence('orders', 'id')::regclass AS orders,
    pg_get_serial_sequence('order_lines', 'id')::regclass AS order_lines
)
SELECT
  array(SELECT nextval(name.customers) FROM name, generate_series(1, $1)) AS "customerIds",
  array(SELECT nextval(name.orders) FROM name, generate_series(1, $1)) AS "orderIds",
  array(SELECT nextval(name.order_lines) FROM name, generate_series(1, $2)) AS "lineIds"
