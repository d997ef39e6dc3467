-- $1 slug, $2 cart id. Locks the cart; "lapsed" by the clock after the wait for the lock.
SELECT c.id, c.status, s.sells_via AS "sellsVia", clock_timestamp() >= c.expires_at AS lapsed
FROM carts c
JOIN shows s ON s.id = c.show_id
WHERE s.slug = $1 AND c.id = $2
FOR UPDATE OF c;
