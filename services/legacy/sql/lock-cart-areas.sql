-- $1 cart ids, locked already. The same order as in lock-areas.sql.
SELECT a.id
FROM areas a
WHERE a.id IN (SELECT l.area_id FROM cart_lines l WHERE l.cart_id = ANY ($1::uuid[]))
ORDER BY a.id
FOR UPDATE OF a;
