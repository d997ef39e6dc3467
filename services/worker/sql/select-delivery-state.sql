SELECT state FROM webhooks.deliveries WHERE webhook_id = $1 AND delivery_id = $2
