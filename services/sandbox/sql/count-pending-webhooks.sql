SELECT count(*) AS pending FROM sandbox.webhooks WHERE payment_id = $1 AND state = 'pending'
