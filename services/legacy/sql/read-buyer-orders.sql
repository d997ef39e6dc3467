-- $1 slug and $2 number of an order, $3 how many at most: what else its buyer has ordered, the newest first
SELECT other.order_id AS number, other.sale_id AS "showSlug", coalesce(s.name, other.sale_id) AS "showName",
  other.tickets, other.total_minor AS "totalMinor", other.currency, other.confirmed_at AS "confirmedAt"
FROM read_models.buyer_orders mine
JOIN read_models.buyer_orders other ON other.buyer_id = mine.buyer_id AND other.order_id <> mine.order_id
LEFT JOIN shows s ON s.slug = other.sale_id
WHERE mine.sale_id = $1 AND mine.order_id = $2
ORDER BY other.confirmed_at DESC, other.order_id
LIMIT $3;
