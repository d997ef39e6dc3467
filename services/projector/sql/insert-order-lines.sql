-- $1 show, then one row per line: $2 id, $3 order, $4 area code, $5 seat code or null, $6 ticket type, $7
-- quantity, $8 price
INSERT INTO order_lines (id, order_id, area_id, seat_id, ticket_type, quantity, price_minor)
  OVERRIDING SYSTEM VALUE
SELECT line.id, line.order_id, area.id, seat.id, line.ticket_type, line.quantity, line.price_minor
FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::integer[])
  AS line (id, order_id, area_code, seat_code, ticket_type, quantity, price_minor)
JOIN areas area ON area.show_id = $1 AND area.code = line.area_code
LEFT JOIN seats seat ON seat.show_id = $1 AND seat.code = line.seat_code
