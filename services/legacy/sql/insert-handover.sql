INSERT INTO handovers (handover_id, reference, amount_minor, currency, return_url, webhook_url, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (reference) DO NOTHING
