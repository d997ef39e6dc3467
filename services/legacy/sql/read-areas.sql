-- $1 show id, $2 its slug. The areas with what they have taken; money from the read model, and from the lines of
-- confirmed orders that were sold the old way: order by order, so that it costs what the show has and not what all
-- shows together have.
SELECT a.code AS "areaId", a.name, a.kind, c.name AS "categoryName", a.capacity, a.held, a.sold, a.blocked,
  (coalesce(l.revenue_minor, 0) + coalesce(r.revenue_minor, 0))::bigint AS "revenueMinor"
FROM areas a
LEFT JOIN price_categories c ON c.id = a.category_id
LEFT JOIN (
  SELECT l.area_id, sum(l.revenue_minor) AS revenue_minor
  FROM orders o
  CROSS JOIN LATERAL (
    SELECT area_id, sum(quantity::bigint * price_minor) AS revenue_minor
    FROM order_lines
    WHERE order_id = o.id
    GROUP BY area_id
  ) l
  WHERE o.show_id = $1 AND o.status = 'confirmed' AND o.payment_method <> 'onsale'
  GROUP BY l.area_id
) l ON l.area_id = a.id
LEFT JOIN (
  SELECT area_id, sum(revenue_minor) AS revenue_minor
  FROM read_models.revenue_by_category
  WHERE sale_id = $2
  GROUP BY area_id
) r ON r.area_id = a.code
WHERE a.show_id = $1
ORDER BY a.sort_order, a.id;
