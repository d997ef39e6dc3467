-- A webhook that is there keeps its secret; one that is switched on again has no reason to be off.
INSERT INTO webhooks.subscriptions (webhook_id, url, sale_ids, types, is_active, secret_nonce)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (webhook_id) DO UPDATE SET url = excluded.url, sale_ids = excluded.sale_ids, types = excluded.types,
  is_active = excluded.is_active, changed_at = now(),
  off_reason = CASE WHEN excluded.is_active THEN NULL ELSE webhooks.subscriptions.off_reason END
RETURNING secret_nonce = $6 AS created
