-- Row ids ahead of the rows, so that each table can be filled with one statement: $1 orders, $2 order lines.
SELECT
  array(SELECT nextval(pg_get_serial_sequence('customers', 'id')) FROM generate_series(1, $1))
    AS "customerIds",
  array(SELECT nextval(pg_get_serial_sequence('orders', 'id')) FROM generate_series(1, $1))
    AS "orderIds",
  array(SELECT nextval(pg_get_serial_sequence('order_lines', 'id')) FROM generate_series(1, $2))
    AS "lineIds"
