-- $1 slug: every ticket of its confirmed orders.
SELECT t.number AS "ticketId", o.number AS "orderId", a.code AS "areaId", seats.code AS "seatId"
FROM orders o
JOIN shows s ON s.id = o.show_id
JOIN order_lines l ON l.order_id = o.id
JOIN areas a ON a.id = l.area_id
JOIN tickets t ON t.order_line_id = l.id
LEFT JOIN seats ON seats.id = t.seat_id
WHERE s.slug = $1 AND o.status = 'confirmed' AND o.payment_method = 'onsale';
