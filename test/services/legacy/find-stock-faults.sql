-- What contradicts itself: one row per fault, none in a sound database.
SELECT format('%s: held %s, open carts hold %s', a.code, a.held, coalesce(c.held, 0)) AS fault
FROM areas a
LEFT JOIN (
  SELECT l.area_id, sum(l.quantity) AS held
  FROM cart_lines l
  JOIN carts c ON c.id = l.cart_id AND c.status = 'open'
  GROUP BY l.area_id
) c ON c.area_id = a.id
WHERE a.held <> coalesce(c.held, 0)
UNION ALL
SELECT format('%s: sold %s, order lines say %s', a.code, a.sold, coalesce(o.sold, 0))
FROM areas a
LEFT JOIN (SELECT area_id, sum(quantity) AS sold FROM order_lines GROUP BY area_id) o ON o.area_id = a.id
WHERE a.sold <> coalesce(o.sold, 0)
UNION ALL
SELECT format('%s: %s held, %s sold and %s blocked seats, counters say %s, %s and %s', a.code, s.held, s.sold, s.blocked,
  a.held, a.sold, a.blocked)
FROM areas a
JOIN (
  SELECT area_id, count(*) FILTER (WHERE status = 'held') AS held, count(*) FILTER (WHERE status = 'sold') AS sold,
    count(*) FILTER (WHERE status = 'blocked') AS blocked
  FROM seats
  GROUP BY area_id
) s ON s.area_id = a.id
WHERE (a.held, a.sold, a.blocked) <> (s.held, s.sold, s.blocked)
UNION ALL
SELECT format('seat %s is held by no line of its cart', s.code)
FROM seats s
WHERE s.status = 'held'
  AND NOT EXISTS (SELECT 1 FROM cart_lines l WHERE l.seat_id = s.id AND l.cart_id = s.cart_id)
UNION ALL
SELECT format('cart %s is closed but has lines', c.id)
FROM carts c
WHERE c.status <> 'open' AND EXISTS (SELECT 1 FROM cart_lines l WHERE l.cart_id = c.id)
UNION ALL
SELECT format('order %s: %s tickets for %s places', o.number, t.tickets, l.places)
FROM orders o
CROSS JOIN LATERAL (SELECT sum(quantity) AS places FROM order_lines WHERE order_id = o.id) l
CROSS JOIN LATERAL (
  SELECT count(*) AS tickets FROM tickets t JOIN order_lines l ON l.id = t.order_line_id WHERE l.order_id = o.id
) t
WHERE t.tickets <> l.places
UNION ALL
SELECT format('order %s: total %s, lines %s, payments %s', o.number, o.total_minor, l.total, p.total)
FROM orders o
CROSS JOIN LATERAL (SELECT sum(quantity * price_minor) AS total FROM order_lines WHERE order_id = o.id) l
CROSS JOIN LATERAL (SELECT sum(amount_minor) AS total FROM payments WHERE order_id = o.id) p
WHERE o.total_minor <> l.total OR o.total_minor <> p.total;
