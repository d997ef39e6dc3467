-- With link key $1, of all sales, behind sale $2 and seq $3, at most $4. The key is looked up before anything is
-- sorted: otherwise a plan may walk through a whole sale for the sake of its order.
WITH found AS MATERIALIZED (
  SELECT sale_id, seq, id, type, time, body, digest, chunk_id, ordinal FROM event_store.events
  WHERE links @> ARRAY[$1::integer] AND (sale_id, seq) > ($2, $3)
)
SELECT event.*, chunk.first_position + event.ordinal AS position
FROM (
  SELECT sale_id, seq, id, type, (extract(epoch FROM time) * 1000000)::bigint::text AS time_us, body::text, digest,
    chunk_id, ordinal
  FROM found ORDER BY sale_id, seq LIMIT $4
) AS event LEFT JOIN event_store.chunks AS chunk USING (chunk_id)
ORDER BY sale_id, seq
