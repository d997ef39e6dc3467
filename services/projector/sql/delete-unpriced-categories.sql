-- $1 show. Every category of a definition has a price: one without has been dropped. While a seat or an area still
-- has it, it stays.
DELETE FROM price_categories category
WHERE category.show_id = $1
  AND NOT EXISTS (SELECT 1 FROM prices WHERE category_id = category.id)
  AND NOT EXISTS (SELECT 1 FROM areas WHERE category_id = category.id)
  AND NOT EXISTS (SELECT 1 FROM seats WHERE show_id = $1 AND category_id = category.id)
