-- $1 slug or null for all shows, $2 only orders before this row id or null, $3 how many at most, $4 up to
-- where to count.
WITH matching AS NOT MATERIALIZED (
  SELECT o.*
  FROM orders o
  WHERE $1::text IS NULL OR o.show_id = (SELECT s.id FROM shows s WHERE s.slug = $1)
), counted AS (
  SELECT count(*)::int AS orders FROM (SELECT 1 FROM matching LIMIT $4) capped
), page AS (
  SELECT * FROM matching WHERE $2::bigint IS NULL OR id < $2 ORDER BY id DESC LIMIT $3
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
