SELECT r.*, p.webhook_url FROM sandbox.refunds r JOIN sandbox.payments p USING (payment_id)
WHERE r.status = 'pending' AND r.settle_at <= now()
LIMIT $1
FOR UPDATE OF r SKIP LOCKED
