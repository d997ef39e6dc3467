SELECT o.number, o.payment_method AS "paymentMethod", o.status, o.total_minor::text AS total,
  (SELECT sum(p.amount_minor)::text FROM payments p WHERE p.order_id = o.id AND p.status = 'paid') AS paid,
  -- What the rows of the order add up to.
  (SELECT coalesce((SELECT sum(l.quantity::bigint * l.price_minor) FROM order_lines l WHERE l.order_id = o.id), 0)
    + coalesce((SELECT sum(h.amount_minor) FROM order_charges h WHERE h.order_id = o.id AND NOT h.included), 0)
  )::text AS parts,
  (SELECT coalesce(array_agg(h.text ORDER BY h.text COLLATE "C"), '{}') FROM (
    SELECT concat_ws(' ', kind, code, CASE WHEN included THEN 'included' ELSE 'added' END, sum(amount_minor)) AS text
    FROM order_charges WHERE order_id = o.id GROUP BY kind, code, included
  ) h) AS charges,
  (SELECT sum(l.quantity)::int FROM order_lines l WHERE l.order_id = o.id) AS places,
  (SELECT array_agg(t.number || ' ' || t.code ORDER BY t.number || ' ' || t.code COLLATE "C")
    FROM tickets t JOIN order_lines l ON l.id = t.order_line_id WHERE l.order_id = o.id) AS tickets
FROM orders o JOIN shows show ON show.id = o.show_id
WHERE show.slug = $1 ORDER BY o.number COLLATE "C"
