-- $1 show, then one row per area: $2 code, $3 name, $4 kind, $5 capacity, $6 category code or null; in order
INSERT INTO areas (show_id, code, name, kind, capacity, category_id, sort_order)
SELECT $1, area.code, area.name, area.kind, area.capacity, category.id, area.position
FROM unnest($2::text[], $3::text[], $4::text[], $5::integer[], $6::text[])
  WITH ORDINALITY AS area (code, name, kind, capacity, category_code, position)
LEFT JOIN price_categories category ON category.show_id = $1 AND category.code = area.category_code
ON CONFLICT (show_id, code) DO UPDATE SET
  name = excluded.name, kind = excluded.kind, capacity = excluded.capacity,
  category_id = excluded.category_id, sort_order = excluded.sort_order
