-- $1 order number. What its tickets say, in the order in which they were numbered.
SELECT o.number AS "orderId", o.status, s.slug AS "saleId", s.name AS "showName", s.starts_at AS "startsAt",
  v.name AS "venueName", c.name AS "customerName", c.email AS "customerEmail", o.total_minor AS "totalMinor",
  o.currency, o.created_at AS "createdAt", coalesce(t.tickets, '[]') AS tickets
FROM orders o
JOIN shows s ON s.id = o.show_id
JOIN venues v ON v.id = s.venue_id
JOIN customers c ON c.id = o.customer_id
CROSS JOIN LATERAL (
  SELECT json_agg(json_build_object('ticketId', t.number, 'holder', t.holder, 'areaName', a.name, 'areaId', a.code,
    'seatId', seat.code, 'rowLabel', seat.row_label, 'seatLabel', seat.label, 'ticketType', l.ticket_type,
    'priceMinor', l.price_minor) ORDER BY t.id) AS tickets
  FROM order_lines l
  JOIN tickets t ON t.order_line_id = l.id
  JOIN areas a ON a.id = l.area_id
  LEFT JOIN seats seat ON seat.id = t.seat_id
  WHERE l.order_id = o.id
) t
WHERE o.number = $1;
