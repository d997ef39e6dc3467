-- $1 order number. The order with its lines, tickets and payments, each in the order in which it was written, and its
-- fees and taxes, each summed up.
SELECT o.number, o.status, o.payment_method AS "paymentMethod", o.total_minor AS "totalMinor", o.currency,
  o.created_at AS "createdAt", s.slug AS "showSlug", s.name AS "showName", s.starts_at AS "startsAt",
  v.name AS "venueName", c.name AS "customerName", c.email AS "customerEmail",
  coalesce(l.lines, '[]'::json) AS lines,
  coalesce(h.charges, '[]'::json) AS charges,
  coalesce(t.tickets, '[]'::json) AS tickets,
  coalesce(p.payments, '[]'::json) AS payments
FROM orders o
JOIN shows s ON s.id = o.show_id
JOIN venues v ON v.id = s.venue_id
JOIN customers c ON c.id = o.customer_id
LEFT JOIN LATERAL (
  SELECT json_agg(json_build_object('areaId', a.code, 'areaName', a.name, 'seatId', seat.code,
    'rowLabel', seat.row_label, 'seatLabel', seat.label, 'ticketType', l.ticket_type, 'quantity', l.quantity,
    'priceMinor', l.price_minor) ORDER BY l.id) AS lines
  FROM order_lines l
  JOIN areas a ON a.id = l.area_id
  LEFT JOIN seats seat ON seat.id = l.seat_id
  WHERE l.order_id = o.id
) l ON true
LEFT JOIN LATERAL (
  SELECT json_agg(json_build_object('kind', h.kind, 'code', h.code, 'amountMinor', h.amount_minor,
    'included', h.included) ORDER BY h.kind, h.included, h.first_id) AS charges
  FROM (
    SELECT kind, code, included, sum(amount_minor)::bigint AS amount_minor, min(id) AS first_id
    FROM order_charges
    WHERE order_id = o.id
    GROUP BY kind, code, included
  ) h
) h ON true
LEFT JOIN LATERAL (
  SELECT json_agg(json_build_object('ticketId', t.number, 'code', t.code, 'holder', t.holder,
    'areaId', a.code, 'areaName', a.name, 'seatId', seat.code, 'rowLabel', seat.row_label,
    'seatLabel', seat.label, 'ticketType', l.ticket_type) ORDER BY t.id) AS tickets
  FROM order_lines l
  JOIN tickets t ON t.order_line_id = l.id
  JOIN areas a ON a.id = l.area_id
  LEFT JOIN seats seat ON seat.id = t.seat_id
  WHERE l.order_id = o.id
) t ON true
LEFT JOIN LATERAL (
  SELECT json_agg(json_build_object('method', p.method, 'amountMinor', p.amount_minor, 'currency', p.currency,
    'status', p.status, 'createdAt', p.created_at) ORDER BY p.id) AS payments
  FROM payments p
  WHERE p.order_id = o.id
) p ON true
WHERE o.number = $1;
