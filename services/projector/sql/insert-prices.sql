-- $1 show, then one row per price: $2 category code, $3 ticket type, $4 price, $5 order
INSERT INTO prices (category_id, ticket_type, price_minor, sort_order)
SELECT category.id, price.ticket_type, price.price_minor, price.sort_order
FROM unnest($2::text[], $3::text[], $4::integer[], $5::integer[])
  AS price (code, ticket_type, price_minor, sort_order)
JOIN price_categories category ON category.show_id = $1 AND category.code = price.code
