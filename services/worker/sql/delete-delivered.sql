-- $1 ms for which they are kept, $2 how many at most
DELETE FROM webhooks.deliveries WHERE delivery_id IN (
  SELECT delivery_id FROM webhooks.deliveries
  WHERE state = 'delivered' AND last_attempt_at < now() - $1 * interval '1 ms' LIMIT $2)
