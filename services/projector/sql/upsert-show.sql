-- $1 slug, $2 name, $3 currency. A show that was sold the old way starts as a draft here.
INSERT INTO shows AS show (slug, venue_id, name, currency, sells_via, state)
SELECT $1, coalesce(
    (SELECT venue_id FROM shows WHERE slug = $1),
    (SELECT id FROM venues WHERE name = 'onsale')
  ), $2, $3, 'onsale', 'draft'
ON CONFLICT (slug) DO UPDATE SET
  name = excluded.name,
  currency = excluded.currency,
  sells_via = 'onsale',
  state = CASE WHEN show.sells_via = 'onsale' THEN show.state ELSE 'draft' END
RETURNING id
