-- Of sale $1, behind seq $2 through seq $3, of the types $4, from time $5 to before $6 (NULL: all), at most $7, forwards
SELECT event.*, chunk.first_position + event.ordinal AS position
FROM (
  SELECT sale_id, seq, id, type, (extract(epoch FROM time) * 1000000)::bigint::text AS time_us, body::text, digest,
    chunk_id, ordinal
  FROM event_store.events
  WHERE sale_id = $1 AND seq > $2 AND seq <= $3 AND ($4::text[] IS NULL OR type = ANY ($4::text[]))
    AND ($5::timestamptz IS NULL OR time >= $5) AND ($6::timestamptz IS NULL OR time < $6)
  ORDER BY seq LIMIT $7
) AS event LEFT JOIN event_store.chunks AS chunk USING (chunk_id)
ORDER BY seq
