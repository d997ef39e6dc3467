-- $1 show id, $2 buyer, $3 life of the cart in ms; the lines as columns: $4 area ids, $5 seat ids (null for a
-- general area), $6 ticket types, $7 quantities, $8 prices. All rows that this changes are locked already.
WITH cart AS (
  INSERT INTO carts (show_id, buyer_ref, expires_at)
  VALUES ($1, $2, clock_timestamp() + $3::double precision * interval '1 millisecond')
  RETURNING id, expires_at
), lines AS (
  INSERT INTO cart_lines (cart_id, area_id, seat_id, ticket_type, quantity, price_minor)
  SELECT cart.id, l.area_id, l.seat_id, l.ticket_type, l.quantity, l.price_minor
  FROM cart,
    unnest($4::bigint[], $5::bigint[], $6::text[], $7::int[], $8::int[])
      AS l (area_id, seat_id, ticket_type, quantity, price_minor)
  RETURNING area_id, quantity
), taken AS (
  UPDATE seats SET status = 'held', cart_id = cart.id
  FROM cart
  WHERE seats.id = ANY ($5::bigint[])
), counted AS (
  UPDATE areas SET held = held + l.quantity
  FROM (SELECT area_id, sum(quantity)::int AS quantity FROM lines GROUP BY area_id) l
  WHERE areas.id = l.area_id
)
SELECT id AS "cartId", expires_at AS "expiresAt" FROM cart;
