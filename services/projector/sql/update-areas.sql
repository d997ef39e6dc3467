-- $1 show, then one row per area: $2 code, and what $3 held, $4 sold, $5 blocked change by
UPDATE areas area SET
  held = area.held + change.held, sold = area.sold + change.sold, blocked = area.blocked + change.blocked
FROM unnest($2::text[], $3::integer[], $4::integer[], $5::integer[]) AS change (code, held, sold, blocked)
WHERE area.show_id = $1 AND area.code = change.code
