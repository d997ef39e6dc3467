-- $1 area id (locked already), $2 how many, $3 ids of seats to leave out, $4 whether they must be neighbours.
-- The first run of free neighbours that is long enough, in the area's order; without one, and unless it is a
-- must, the first free seats. No rows, or fewer than $2, when there is no such choice.
WITH free AS (
  SELECT id, sort_order, row_label, segment,
    sort_order - row_number() OVER (PARTITION BY row_label, segment ORDER BY sort_order) AS run
  FROM seats
  WHERE area_id = $1 AND status = 'free' AND id <> ALL ($3::bigint[])
), together AS (
  SELECT row_label, segment, run
  FROM free
  GROUP BY row_label, segment, run
  HAVING count(*) >= $2::int
  ORDER BY min(sort_order)
  LIMIT 1
), chosen AS (
  SELECT f.id
  FROM free f
  LEFT JOIN together t ON true
  WHERE (t.run IS NULL AND NOT $4::boolean)
    OR (f.row_label, f.segment, f.run) = (t.row_label, t.segment, t.run)
  ORDER BY f.sort_order
  LIMIT $2::int
)
SELECT s.id, s.area_id AS "areaId", s.code, s.label, s.category_id AS "categoryId", true AS free
FROM seats s
JOIN chosen USING (id)
ORDER BY s.sort_order
FOR UPDATE OF s;
