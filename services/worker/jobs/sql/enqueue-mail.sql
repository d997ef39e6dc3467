-- $1 sale, $2 order
SELECT id FROM graphile_worker.add_job(
  'send-mail', json_build_object('saleId', $1::text, 'orderId', $2::text),
  job_key => $1::text || '/' || $2::text || '/send-mail', job_key_mode => 'preserve_run_at'
)
