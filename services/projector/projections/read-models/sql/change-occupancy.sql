-- $1 sale, then one row per area: $2 id, and what $3 held, $4 sold, $5 blocked change by
UPDATE read_models.occupancy_v1 area SET
  held = area.held + change.held, sold = area.sold + change.sold, blocked = area.blocked + change.blocked
FROM unnest($2::text[], $3::integer[], $4::integer[], $5::integer[]) AS change (area_id, held, sold, blocked)
WHERE area.sale_id = $1 AND area.area_id = change.area_id
