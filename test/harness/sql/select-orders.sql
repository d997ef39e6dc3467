SELECT o.number, o.payment_method AS "paymentMethod", o.status, o.total_minor::text AS total,
  (SELECT sum(p.amount_minor)::text FROM payments p WHERE p.order_id = o.id AND p.status = 'paid') AS paid,
  (SELECT sum(l.quantity)::int FROM order_lines l WHERE l.order_id = o.id) AS places,
  (SELECT array_agg(t.number || ' ' || t.code ORDER BY t.number || ' ' || t.code COLLATE "C")
    FROM tickets t JOIN order_lines l ON l.id = t.order_line_id WHERE l.order_id = o.id) AS tickets
FROM orders o JOIN shows show ON show.id = o.show_id
WHERE show.slug = $1 ORDER BY o.number COLLATE "C"
