DELETE FROM webhooks.subscriptions WHERE webhook_id = $1
