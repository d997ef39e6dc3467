-- $1 show: its orders, with what their rows add up to
SELECT o.number, o.status, o.total_minor AS total,
  (SELECT coalesce(sum(payment.amount_minor), 0)::bigint FROM payments payment
    WHERE payment.order_id = o.id AND payment.status = 'paid') AS paid,
  (SELECT coalesce(sum(line.quantity), 0)::int FROM order_lines line WHERE line.order_id = o.id) AS places,
  (SELECT count(*)::int FROM tickets ticket JOIN order_lines line ON line.id = ticket.order_line_id
    WHERE line.order_id = o.id) AS tickets
FROM orders o JOIN shows show ON show.id = o.show_id
WHERE show.slug = $1
