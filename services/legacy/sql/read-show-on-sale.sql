-- $1 slug. The show and its price list: prices [{ categoryId, ticketType, priceMinor }], a category's first
-- one first.
SELECT s.id AS "showId", s.sells_via AS "sellsVia", s.state, s.currency,
  coalesce(p.prices, '[]'::json) AS prices
FROM shows s
LEFT JOIN LATERAL (
  SELECT json_agg(json_build_object('categoryId', c.id, 'ticketType', p.ticket_type, 
    'priceMinor', p.price_minor) ORDER BY c.id, p.sort_order, p.ticket_type) AS prices
  FROM price_categories c
  JOIN prices p ON p.category_id = c.id
  WHERE c.show_id = s.id
) p ON true
WHERE s.slug = $1;
