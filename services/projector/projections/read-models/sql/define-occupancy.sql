-- $1 sale, then one row per area, in order: $2 id, $3 name, $4 kind, $5 capacity, $6 category or null. A draft whose
-- areas are defined otherwise begins anew, with nothing blocked; those of an opened sale are always the same.
WITH given AS (
  SELECT area.* FROM unnest($2::text[], $3::text[], $4::text[], $5::integer[], $6::text[])
    WITH ORDINALITY AS area (area_id, name, kind, capacity, category_id, sort_order)
), difference AS (
  SELECT EXISTS (
    SELECT 1 FROM given
    LEFT JOIN read_models.occupancy_v1 old ON old.sale_id = $1 AND old.area_id = given.area_id
    WHERE (old.name, old.kind, old.capacity, old.category_id)
      IS DISTINCT FROM (given.name, given.kind, given.capacity, given.category_id)
  ) AS found
), gone AS (
  DELETE FROM read_models.occupancy_v1 WHERE sale_id = $1 AND area_id <> ALL ($2::text[])
)
INSERT INTO read_models.occupancy_v1 AS area (sale_id, area_id, name, kind, category_id, sort_order, capacity)
SELECT $1, area_id, name, kind, category_id, sort_order, capacity FROM given
ON CONFLICT (sale_id, area_id) DO UPDATE SET
  name = excluded.name, kind = excluded.kind, category_id = excluded.category_id,
  sort_order = excluded.sort_order, capacity = excluded.capacity,
  blocked = CASE WHEN (SELECT found FROM difference) THEN 0 ELSE area.blocked END
