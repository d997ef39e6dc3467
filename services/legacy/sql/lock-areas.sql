-- $1 show id, $2 area codes, $3 seat codes. Locks the areas that the codes and the seats name, in one order
-- for all (by id), so that two carts that need the same areas never wait for each other. Seats change under
-- this lock only.
SELECT a.id, a.code, a.kind, a.capacity - a.held - a.sold - a.blocked AS free, a.category_id AS "categoryId"
FROM areas a
WHERE a.show_id = $1
  AND (a.code = ANY ($2::text[])
    OR a.id IN (SELECT s.area_id FROM seats s WHERE s.show_id = $1 AND s.code = ANY ($3::text[])))
ORDER BY a.id
FOR UPDATE OF a;
