-- $1 slug or null for all, $2 how many at most, $3 how many to pass by. Counts come from the areas, money from the read
-- model and, for what is sold the old way, from its own index: no seat, and no order of a big sale, is looked at.
WITH page AS (
  SELECT s.*
  FROM shows s
  WHERE $1::text IS NULL OR s.slug = $1
  ORDER BY s.starts_at NULLS LAST, s.id
  LIMIT $2 OFFSET $3
)
SELECT s.id AS "showId", s.slug, s.name, v.name AS "venueName", s.starts_at AS "startsAt", s.currency,
  s.sells_via AS "sellsVia", s.state, a.capacity, a.held, a.sold, a.blocked,
  o.orders + coalesce(t.orders, 0) AS orders, o.revenue_minor + coalesce(t.revenue_minor, 0) AS "revenueMinor"
FROM page s
JOIN venues v ON v.id = s.venue_id
CROSS JOIN LATERAL (
  SELECT coalesce(sum(capacity), 0)::int AS capacity, coalesce(sum(held), 0)::int AS held,
    coalesce(sum(sold), 0)::int AS sold, coalesce(sum(blocked), 0)::int AS blocked
  FROM areas
  WHERE show_id = s.id
) a
CROSS JOIN LATERAL (
  SELECT count(*)::int AS orders, coalesce(sum(total_minor), 0)::bigint AS revenue_minor
  FROM orders
  WHERE show_id = s.id AND status = 'confirmed' AND payment_method <> 'onsale'
) o
LEFT JOIN read_models.sale_totals t ON t.sale_id = s.slug
ORDER BY s.starts_at NULLS LAST, s.id;
