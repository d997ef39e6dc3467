-- The stock of some sales as their legacy rows tell it. $1 sales
SELECT show.slug AS "saleId", show.state, sum(area.capacity)::int AS capacity, sum(area.held)::int AS held,
  sum(area.sold)::int AS sold, sum(area.blocked)::int AS blocked
FROM shows show
JOIN areas area ON area.show_id = show.id
WHERE show.slug = ANY ($1::text[]) AND show.sells_via = 'onsale'
GROUP BY show.id
