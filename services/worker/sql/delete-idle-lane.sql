-- Under the lane's lock: nothing can become pending between looking and deleting.
DELETE FROM webhooks.lanes l
WHERE webhook_id = $1 AND sale_id = $2 AND replay_id = $3 AND epoch = $4 AND NOT EXISTS (
  SELECT FROM webhooks.deliveries d
  WHERE d.webhook_id = l.webhook_id AND d.sale_id = l.sale_id AND d.replay_id = l.replay_id AND d.state = 'pending')
