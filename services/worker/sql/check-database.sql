SELECT FROM webhooks.heads LIMIT 1
