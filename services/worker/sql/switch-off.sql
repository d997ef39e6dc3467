-- Only while it still has the address that said so.
UPDATE webhooks.subscriptions SET is_active = false, off_reason = $3, changed_at = now() WHERE webhook_id = $1 AND url = $2
