-- Makes the order of a cart that is open and locked together with its areas.
-- $1 cart id, $2 order number, $3 customer's name, $4 e-mail, $5 payment method, $6 payment status.
WITH customer AS (
  INSERT INTO customers (name, email) VALUES ($3, $4) RETURNING id
), bought AS (
  DELETE FROM cart_lines WHERE cart_id = $1 RETURNING *
), total AS (
  SELECT sum(quantity::bigint * price_minor) AS total_minor FROM bought
), new_order AS (
  INSERT INTO orders (number, show_id, customer_id, status, payment_method, total_minor, currency, cart_id)
  SELECT $2, s.id, customer.id, 'confirmed', $5, total.total_minor, s.currency, c.id
  FROM carts c
  JOIN shows s ON s.id = c.show_id, customer, total
  WHERE c.id = $1
  RETURNING id, total_minor, currency
), lines AS (
  INSERT INTO order_lines (order_id, area_id, seat_id, ticket_type, quantity, price_minor)
  SELECT o.id, b.area_id, b.seat_id, b.ticket_type, b.quantity, b.price_minor
  FROM new_order o, bought b
  ORDER BY b.id
  RETURNING id, area_id, seat_id, quantity
), made_tickets AS (
  INSERT INTO tickets (order_line_id, number, code, seat_id, holder)
  SELECT l.id, $2 || '-' || row_number() OVER (ORDER BY l.id, n),
    left(replace(gen_random_uuid()::text, '-', ''), 24), l.seat_id, $3
  FROM lines l, generate_series(1, l.quantity) n
), payment AS (
  INSERT INTO payments (order_id, method, amount_minor, currency, status)
  SELECT id, $5, total_minor, currency, $6 FROM new_order
), sold_seats AS (
  UPDATE seats SET status = 'sold', cart_id = NULL WHERE cart_id = $1
), counted AS (
  UPDATE areas SET held = held - l.quantity, sold = sold + l.quantity
  FROM (SELECT area_id, sum(quantity)::int AS quantity FROM lines GROUP BY area_id) l
  WHERE areas.id = l.area_id
)
UPDATE carts SET status = 'ordered' WHERE id = $1;
