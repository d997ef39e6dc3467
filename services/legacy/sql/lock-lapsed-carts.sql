-- $1 how many at most, $2 slug or null for every show. Carts that somebody else is closing are left to them.
SELECT c.id
FROM carts c
WHERE c.status = 'open' AND c.expires_at <= now()
  AND ($2::text IS NULL OR c.show_id = (SELECT s.id FROM shows s WHERE s.slug = $2))
ORDER BY c.expires_at
LIMIT $1
FOR UPDATE OF c SKIP LOCKED;
