-- $1 show id.
SELECT c.name AS "categoryName", p.ticket_type AS "ticketType", p.price_minor AS "priceMinor"
FROM price_categories c
JOIN prices p ON p.category_id = c.id
WHERE c.show_id = $1
ORDER BY c.id, p.sort_order, p.ticket_type;
