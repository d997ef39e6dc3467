-- $1 sale, $2 orders. One call for all, since each call wakes the workers; a job of the same key is not doubled.
SELECT count(*) FROM graphile_worker.add_jobs((
  SELECT array_agg(ROW(
    'make-tickets', json_build_object('saleId', $1::text, 'orderId', o.id), NULL, NULL, NULL,
    $1::text || '/' || o.id || '/make-tickets', NULL, NULL
  )::graphile_worker.job_spec)
  FROM unnest($2::text[]) AS o (id)
), job_key_preserve_run_at => true)
