-- $1 slug, $2 how many at most: the last minutes in which something was sold, the newest first
SELECT minute, orders, tickets, revenue_minor AS "revenueMinor"
FROM read_models.sales_per_minute
WHERE sale_id = $1
ORDER BY minute DESC
LIMIT $2;
