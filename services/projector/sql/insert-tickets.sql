-- $1 show, then one row per ticket: $2 order line, $3 number, $4 code, $5 seat code or null, $6 holder
INSERT INTO tickets (order_line_id, number, code, seat_id, holder)
SELECT ticket.order_line_id, ticket.number, ticket.code, seat.id, ticket.holder
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])
  AS ticket (order_line_id, number, code, seat_code, holder)
LEFT JOIN seats seat ON seat.show_id = $1 AND seat.code = ticket.seat_code
