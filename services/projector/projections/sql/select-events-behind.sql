-- Up to $3 events of each of the sales $1 behind the seq at the same place of $2. n: which of the sales, from 1.
SELECT wanted.n::integer AS n, event.seq, event.body
FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS wanted (sale_id, seq, n)
CROSS JOIN LATERAL (
  SELECT seq, body FROM event_store.events
  WHERE sale_id = wanted.sale_id AND seq > wanted.seq
  ORDER BY seq LIMIT $3
) event
ORDER BY wanted.n, event.seq
