-- $2 the new nonce, $3 for how many ms the old secret signs as well
UPDATE webhooks.subscriptions SET old_secret_nonce = secret_nonce, secret_nonce = $2,
  old_secret_until = now() + $3 * interval '1 ms', changed_at = now()
WHERE webhook_id = $1
RETURNING old_secret_until
