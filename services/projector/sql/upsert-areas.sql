-- $1 show, then one row per area: $2 code, $3 name, $4 kind, $5 capacity, $6 category code or null; in order. A draft
-- whose areas are defined otherwise begins anew, with nothing blocked; those of an opened sale are always the same.
WITH given AS (
  SELECT area.code, area.name, area.kind, area.capacity, category.id AS category_id, area.position
  FROM unnest($2::text[], $3::text[], $4::text[], $5::integer[], $6::text[])
    WITH ORDINALITY AS area (code, name, kind, capacity, category_code, position)
  LEFT JOIN price_categories category ON category.show_id = $1 AND category.code = area.category_code
), difference AS (
  SELECT EXISTS (
    SELECT 1 FROM given
    LEFT JOIN areas old ON old.show_id = $1 AND old.code = given.code
    WHERE (old.name, old.kind, old.capacity, old.category_id)
      IS DISTINCT FROM (given.name, given.kind, given.capacity, given.category_id)
  ) AS found
)
INSERT INTO areas (show_id, code, name, kind, capacity, category_id, sort_order)
SELECT $1, given.code, given.name, given.kind, given.capacity, given.category_id, given.position FROM given
ON CONFLICT (show_id, code) DO UPDATE SET
  name = excluded.name, kind = excluded.kind, capacity = excluded.capacity,
  category_id = excluded.category_id, sort_order = excluded.sort_order,
  blocked = CASE WHEN (SELECT found FROM difference) THEN 0 ELSE areas.blocked END
