-- $1 slug or null for all, $2 how many at most, $3 how many to pass by. Counts come from the areas and money
-- from the orders' index: no seat is looked at, so a show of 20,000 seats costs as little as a small one.
WITH page AS (
  SELECT s.*
  FROM shows s
  WHERE $1::text IS NULL OR s.slug = $1
  ORDER BY s.starts_at NULLS LAST, s.id
  LIMIT $2 OFFSET $3
)
SELECT s.id AS "showId", s.slug, s.name, v.name AS "venueName", s.starts_at AS "startsAt", s.currency,
  s.sells_via AS "sellsVia", s.state, a.capacity, a.held, a.sold, a.blocked, o.orders,
  o.revenue_minor AS "revenueMinor"
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
  WHERE show_id = s.id AND status = 'confirmed'
) o
ORDER BY s.starts_at NULLS LAST, s.id;
