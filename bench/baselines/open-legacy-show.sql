-- $1 slug, $2 area code, $3 capacity, $4 price: a show of one standing area in the legacy tables.
WITH venue AS (
  INSERT INTO venues (name) VALUES ('bench ' || $1) RETURNING id
), show AS (
  INSERT INTO shows (slug, venue_id, name, currency) SELECT $1, id, 'Bench', 'EUR' FROM venue RETURNING id
), category AS (
  INSERT INTO price_categories (show_id, code, name) SELECT id, 'Standing', 'Standing' FROM show RETURNING id
), price AS (
  INSERT INTO prices (category_id, ticket_type, price_minor) SELECT id, 'adult', $4::int FROM category
)
INSERT INTO areas (show_id, code, name, kind, capacity, category_id)
SELECT show.id, $2, 'Floor', 'general', $3::int, category.id FROM show, category;
