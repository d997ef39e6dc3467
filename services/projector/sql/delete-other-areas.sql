-- $1 show, $2 codes of the areas that stay
DELETE FROM areas area
WHERE area.show_id = $1 AND area.code <> ALL ($2::text[])
  AND NOT EXISTS (SELECT 1 FROM seats WHERE area_id = area.id)
  AND NOT EXISTS (SELECT 1 FROM order_lines WHERE area_id = area.id)
  AND NOT EXISTS (SELECT 1 FROM cart_lines WHERE area_id = area.id)
