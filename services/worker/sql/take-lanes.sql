-- $1 lease in ms, $2 lanes at most, $3 lanes of one webhook at most, over all processes: behind lock-takers.sql, since two that
-- counted at the same moment would together go beyond it.
WITH busy AS (
  SELECT webhook_id, count(*) AS lanes FROM webhooks.lanes WHERE leased_until > now() GROUP BY webhook_id
), due AS (
  SELECT l.webhook_id, l.sale_id, l.replay_id,
    coalesce(b.lanes, 0) + row_number() OVER (PARTITION BY l.webhook_id ORDER BY l.due_at) AS place
  FROM webhooks.lanes l
  JOIN webhooks.subscriptions s ON s.webhook_id = l.webhook_id AND s.is_active
  LEFT JOIN busy b ON b.webhook_id = l.webhook_id
  WHERE l.due_at <= now() AND (l.leased_until IS NULL OR l.leased_until <= now())
), free AS (
  SELECT l.webhook_id, l.sale_id, l.replay_id
  FROM webhooks.lanes l JOIN due USING (webhook_id, sale_id, replay_id)
  WHERE due.place <= $3 AND l.due_at <= now() AND (l.leased_until IS NULL OR l.leased_until <= now())
  ORDER BY l.due_at LIMIT $2
  FOR UPDATE OF l SKIP LOCKED
)
UPDATE webhooks.lanes l SET epoch = l.epoch + 1, leased_until = now() + $1 * interval '1 ms'
FROM free WHERE (l.webhook_id, l.sale_id, l.replay_id) = (free.webhook_id, free.sale_id, free.replay_id)
RETURNING l.webhook_id, l.sale_id, l.replay_id, l.epoch
