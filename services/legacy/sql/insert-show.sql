-- One show with its venue, prices, areas and seats. Lists come as columns: $1 slug, $2 name, $3 venue, $4
-- name of the venue's plan or null, $5 days from today, $6 time of day, $7 currency; prices: $8 category, $9
-- ticket type, $10 price; areas: $11 code, $12 name, $13 kind, $14 capacity, $15 category or null; seats: $16
-- area, $17 code, $18 row, $19 label, $20 x, $21 y, $22 segment, $23 category.
WITH venue AS (
  INSERT INTO venues (name, plan_name) VALUES ($3, $4)
  ON CONFLICT (name) DO UPDATE SET plan_name = excluded.plan_name
  RETURNING id
), show AS (
  INSERT INTO shows (slug, venue_id, name, starts_at, currency)
  SELECT $1, venue.id, $2, current_date + $5::int + $6::time, $7 FROM venue
  RETURNING id
), price_list AS (
  SELECT *
  FROM unnest($8::text[], $9::text[], $10::int[]) WITH ORDINALITY AS p (category, ticket_type, price_minor, n)
), categories AS (
  INSERT INTO price_categories (show_id, code, name)
  SELECT show.id, p.category, p.category
  FROM show, (SELECT category, min(n) AS n FROM price_list GROUP BY category) p
  ORDER BY p.n
  RETURNING id, code
), new_prices AS (
  INSERT INTO prices (category_id, ticket_type, price_minor, sort_order)
  SELECT c.id, p.ticket_type, p.price_minor, p.n
  FROM price_list p
  JOIN categories c ON c.code = p.category
), new_areas AS (
  INSERT INTO areas (show_id, code, name, kind, capacity, category_id, sort_order)
  SELECT show.id, a.code, a.name, a.kind, a.capacity, c.id, a.n
  FROM show,
    unnest($11::text[], $12::text[], $13::text[], $14::int[], $15::text[]) WITH ORDINALITY
      AS a (code, name, kind, capacity, category, n)
  LEFT JOIN categories c ON c.code = a.category
  ORDER BY a.n
  RETURNING id, code
)
INSERT INTO seats (show_id, area_id, code, row_label, label, x, y, sort_order, segment, category_id)
SELECT show.id, a.id, s.code, s.row_label, s.label, s.x, s.y, s.n, s.segment, c.id
FROM show,
  unnest($16::text[], $17::text[], $18::text[], $19::text[], $20::float8[], $21::float8[], $22::int[],
    $23::text[]) WITH ORDINALITY AS s (area, code, row_label, label, x, y, segment, category, n)
JOIN new_areas a ON a.code = s.area
JOIN categories c ON c.code = s.category
ORDER BY s.n;
