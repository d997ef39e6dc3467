-- Behind the lock of the payment: what may not be refunded again.
SELECT coalesce(sum(amount_minor), 0)::bigint AS refunded_minor FROM sandbox.refunds
WHERE payment_id = $1 AND status <> 'failed'
