SELECT sale_id, seq, id FROM webhooks.heads WHERE sale_id = ANY($1::text[])
