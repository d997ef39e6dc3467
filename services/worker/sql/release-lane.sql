-- $1 webhook, $2 sale, $3 replay, $4 epoch, $5 ms until it is due again
UPDATE webhooks.lanes SET leased_until = NULL, due_at = now() + $5 * interval '1 ms'
WHERE webhook_id = $1 AND sale_id = $2 AND replay_id = $3 AND epoch = $4
