-- $1 show, $2 codes of the categories that stay
DELETE FROM price_categories category
WHERE category.show_id = $1 AND category.code <> ALL ($2::text[])
  AND NOT EXISTS (SELECT 1 FROM areas WHERE category_id = category.id)
  AND NOT EXISTS (SELECT 1 FROM seats WHERE show_id = $1 AND category_id = category.id)
