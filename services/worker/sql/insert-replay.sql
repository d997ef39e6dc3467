INSERT INTO webhooks.replays (webhook_id, sale_id, next_seq, through_seq)
SELECT webhook_id, $2, $3, $4 FROM webhooks.subscriptions WHERE webhook_id = $1
RETURNING replay_id
