-- $1 show id, $2 its slug. What tickets of each category have brought in, over all areas and ticket types.
SELECT c.name AS "categoryName", sum(r.tickets)::int AS tickets, sum(r.revenue_minor)::bigint AS "revenueMinor",
  sum(r.fees_minor)::bigint AS "feesMinor"
FROM read_models.revenue_by_category r
JOIN price_categories c ON c.show_id = $1 AND c.code = r.category_id
WHERE r.sale_id = $2
GROUP BY c.id, c.name
ORDER BY c.id;
