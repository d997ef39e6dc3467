-- $1 show, $2 codes of the areas that stay and have seats. What was ever sold or lies in a cart stays as well.
DELETE FROM seats seat USING areas area
WHERE area.id = seat.area_id AND area.show_id = $1 AND area.code <> ALL ($2::text[])
  AND NOT EXISTS (SELECT 1 FROM order_lines WHERE seat_id = seat.id)
  AND NOT EXISTS (SELECT 1 FROM cart_lines WHERE seat_id = seat.id)
