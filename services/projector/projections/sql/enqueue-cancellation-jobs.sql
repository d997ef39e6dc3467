-- $1 sale, $2 orders, $3 events, $4 tickets as JSON. A job of the same key is not doubled.
SELECT count(*) FROM graphile_worker.add_jobs((
  SELECT array_agg(ROW(
    'tell-cancelled', json_build_object('saleId', $1::text, 'orderId', c.order_id, 'eventId', c.event_id,
      'ticketIds', c.tickets::json), NULL, NULL, NULL,
    $1::text || '/' || c.order_id || '/tell-cancelled/' || c.event_id, NULL, NULL
  )::graphile_worker.job_spec)
  FROM unnest($2::text[], $3::text[], $4::text[]) AS c (order_id, event_id, tickets)
), job_key_preserve_run_at => true)
