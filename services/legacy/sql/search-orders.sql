-- $1 to $4 as in list-orders.sql; $5 and $6 the two spellings of a number's beginning (LIKE patterns), $7 a
-- ticket's number, $8 words of the customer's name or e-mail (tsquery) or null. Each branch has an index of its
-- own, and ends at the newest $4 hits: a word that everybody has costs no more than that.
WITH wanted_show AS (
  SELECT s.id FROM shows s WHERE s.slug = $1
), hits AS (
  (
    SELECT o.id
    FROM orders o
    WHERE (o.number LIKE $5 OR o.number LIKE $6)
      AND ($1::text IS NULL OR o.show_id = (SELECT id FROM wanted_show))
    ORDER BY o.id DESC
    LIMIT $4
  )
  UNION
  SELECT o.id
  FROM tickets t
  JOIN order_lines l ON l.id = t.order_line_id
  JOIN orders o ON o.id = l.order_id
  WHERE t.number = $7 AND ($1::text IS NULL OR o.show_id = (SELECT id FROM wanted_show))
  UNION
  (
    SELECT o.id
    FROM customers c
    JOIN orders o ON o.customer_id = c.id
    WHERE c.words @@ $8::tsquery AND ($1::text IS NULL OR o.show_id = (SELECT id FROM wanted_show))
    ORDER BY o.id DESC
    LIMIT $4
  )
), counted AS (
  SELECT least(count(*), $4)::int AS orders FROM hits
), page AS (
  SELECT o.* FROM hits JOIN orders o USING (id) WHERE $2::bigint IS NULL OR id < $2 ORDER BY id DESC LIMIT $3
)
SELECT counted.orders AS "countUpToMax", p.id AS "rowId", p.number, p.status,
  p.payment_method AS "paymentMethod", p.total_minor AS "totalMinor", p.currency,
  p.created_at AS "createdAt", s.slug AS "showSlug", s.name AS "showName",
  c.name AS "customerName", c.email AS "customerEmail", t.tickets
FROM page p
JOIN shows s ON s.id = p.show_id
JOIN customers c ON c.id = p.customer_id
CROSS JOIN counted
CROSS JOIN LATERAL (
  SELECT coalesce(sum(quantity), 0)::int AS tickets FROM order_lines WHERE order_id = p.id
) t
ORDER BY p.id DESC;
