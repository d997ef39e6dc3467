SELECT p.*, (SELECT coalesce(sum(r.amount_minor), 0)::bigint FROM sandbox.refunds r
  WHERE r.payment_id = p.payment_id AND r.status <> 'failed') AS refunded_minor
FROM sandbox.payments p WHERE p.payment_id = $1
