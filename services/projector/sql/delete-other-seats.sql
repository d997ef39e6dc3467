-- $1 show, $2 area code, $3 codes of the seats that stay
DELETE FROM seats seat USING areas area
WHERE area.id = seat.area_id AND area.show_id = $1 AND area.code = $2 AND seat.code <> ALL ($3::text[])
  AND NOT EXISTS (SELECT 1 FROM order_lines WHERE seat_id = seat.id)
  AND NOT EXISTS (SELECT 1 FROM cart_lines WHERE seat_id = seat.id)
