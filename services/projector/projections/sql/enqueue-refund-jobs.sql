-- $1 sale, $2 orders, $3 refunds, $4 payments, $5 amounts, $6 currencies. A job of the same key is not doubled.
SELECT count(*) FROM graphile_worker.add_jobs((
  SELECT array_agg(ROW(
    'give-back', json_build_object('saleId', $1::text, 'orderId', r.order_id, 'refundId', r.refund_id,
      'paymentId', r.payment_id, 'amountMinor', r.amount_minor, 'currency', r.currency), NULL, NULL, NULL,
    $1::text || '/' || r.order_id || '/give-back/' || r.refund_id, NULL, NULL
  )::graphile_worker.job_spec)
  FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])
    AS r (order_id, refund_id, payment_id, amount_minor, currency)
), job_key_preserve_run_at => true)
