-- $1 show id, $2 seat codes. The areas of these seats are locked already.
SELECT s.id, s.area_id AS "areaId", s.code, s.label, s.category_id AS "categoryId", s.status = 'free' AS free
FROM seats s
WHERE s.show_id = $1 AND s.code = ANY ($2::text[])
ORDER BY s.id
FOR UPDATE OF s;
