INSERT INTO handover_refunds (refund_key, handover_id, reference, amount_minor, currency)
VALUES ($1, $2, $3, $4, $5) RETURNING *
