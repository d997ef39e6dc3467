SELECT category.code || ' ' || price.ticket_type AS name, price.price_minor AS "priceMinor" FROM prices price
JOIN price_categories category ON category.id = price.category_id
JOIN shows show ON show.id = category.show_id
WHERE show.slug = $1 ORDER BY category.code || ' ' || price.ticket_type COLLATE "C"
