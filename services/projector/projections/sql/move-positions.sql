-- $1 projections, $2 sale, $3 seq they are at (0: not begun), $4 seq they get. A row for each that was there.
WITH moved AS (
  UPDATE projection.positions SET seq = $4::bigint, moved_at = now()
  WHERE projection = ANY ($1::text[]) AND sale_id = $2 AND seq = $3::bigint AND $3::bigint > 0
  RETURNING projection
), started AS (
  INSERT INTO projection.positions (projection, sale_id, seq)
  SELECT name, $2, $4::bigint FROM unnest($1::text[]) AS name WHERE $3::bigint = 0
  ON CONFLICT (projection, sale_id) DO NOTHING
  RETURNING projection
)
SELECT projection FROM moved UNION ALL SELECT projection FROM started
