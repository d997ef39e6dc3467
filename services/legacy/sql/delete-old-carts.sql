-- $1 how many at most, $2 days after which a closed cart is forgotten. What was bought is in orders.
DELETE FROM carts
WHERE id IN (
  SELECT id FROM carts
  WHERE status <> 'open' AND expires_at < now() - $2::int * interval '1 day'
  ORDER BY expires_at
  LIMIT $1
  FOR UPDATE SKIP LOCKED
);
