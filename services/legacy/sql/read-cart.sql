-- $1 slug, $2 cart id. A cart past its time is 'expired' although nobody has given its seats back yet.
SELECT c.id AS "cartId", s.currency, c.expires_at AS "expiresAt", o.number AS "orderNumber",
  CASE WHEN c.status = 'open' AND c.expires_at <= now() THEN 'expired' ELSE c.status END AS status,
  coalesce(l.items, '[]'::json) AS items
FROM carts c
JOIN shows s ON s.id = c.show_id
LEFT JOIN orders o ON o.cart_id = c.id
LEFT JOIN LATERAL (
  SELECT json_agg(json_build_object('areaId', a.code, 'seatId', t.code, 'seatLabel', t.label,
    'ticketType', l.ticket_type, 'quantity', l.quantity, 'priceMinor', l.price_minor) ORDER BY l.id) AS items
  FROM cart_lines l
  JOIN areas a ON a.id = l.area_id
  LEFT JOIN seats t ON t.id = l.seat_id
  WHERE l.cart_id = c.id
) l ON true
WHERE s.slug = $1 AND c.id = $2;
