-- $1 show, $2 area code, then one row per seat, in order: $3 code, $4 row, $5 label, $6 x, $7 y, $8
-- category code
INSERT INTO seats (show_id, area_id, code, row_label, label, x, y, sort_order, category_id)
SELECT $1, area.id, seat.code, seat.row_label, seat.label, seat.x, seat.y, seat.position, category.id
FROM unnest($3::text[], $4::text[], $5::text[], $6::double precision[], $7::double precision[], $8::text[])
  WITH ORDINALITY AS seat (code, row_label, label, x, y, category_code, position)
JOIN areas area ON area.show_id = $1 AND area.code = $2
JOIN price_categories category ON category.show_id = $1 AND category.code = seat.category_code
ON CONFLICT (show_id, code) DO UPDATE SET
  area_id = excluded.area_id, row_label = excluded.row_label, label = excluded.label, x = excluded.x,
  y = excluded.y, sort_order = excluded.sort_order, category_id = excluded.category_id,
  status = CASE seats.status WHEN 'blocked' THEN 'free' ELSE seats.status END
