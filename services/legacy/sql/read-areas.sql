-- $1 show id. The areas with what they have taken; money from the lines of confirmed orders.
SELECT a.code AS "areaId", a.name, a.kind, c.name AS "categoryName", a.capacity, a.held, a.sold,
  a.blocked, coalesce(l.revenue_minor, 0)::bigint AS "revenueMinor"
FROM areas a
LEFT JOIN price_categories c ON c.id = a.category_id
LEFT JOIN (
  SELECT l.area_id, sum(l.quantity::bigint * l.price_minor) AS revenue_minor
  FROM orders o
  JOIN order_lines l ON l.order_id = o.id
  WHERE o.show_id = $1 AND o.status = 'confirmed'
  GROUP BY l.area_id
) l ON l.area_id = a.id
WHERE a.show_id = $1
ORDER BY a.sort_order, a.id;
