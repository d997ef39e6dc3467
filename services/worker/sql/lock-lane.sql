SELECT FROM webhooks.lanes WHERE webhook_id = $1 AND sale_id = $2 AND replay_id = $3 AND epoch = $4 FOR UPDATE
