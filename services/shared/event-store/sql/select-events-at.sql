-- The events of the sales $1 with the seqs $2, pair by pair, which have the positions $3; in that order.
SELECT event.*, wanted.position
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS wanted (sale_id, seq, position, n)
CROSS JOIN LATERAL (
  SELECT sale_id, seq, id, type, (extract(epoch FROM time) * 1000000)::bigint::text AS time_us, body::text, digest,
    chunk_id, ordinal
  FROM event_store.events WHERE sale_id = wanted.sale_id AND seq = wanted.seq LIMIT 1
) AS event
ORDER BY wanted.n
