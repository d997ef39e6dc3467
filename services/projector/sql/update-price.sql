-- $1 show, $2 category code, $3 ticket type, $4 its price from now on
UPDATE prices price SET price_minor = $4 FROM price_categories category
WHERE category.id = price.category_id AND category.show_id = $1 AND category.code = $2 AND price.ticket_type = $3
