-- Chunks that end before position $1, or hold it, with some of the types $2 and within the times $3 (NULL: all), at most $4,
-- backwards. No chunk has more events than $5: the one that holds position $1 ends less than that behind it.
SELECT chunk_id, event_count, first_position, last_position FROM event_store.chunks
WHERE last_position < $1::bigint + $5::bigint AND first_position < $1::bigint AND ($2::text[] IS NULL OR types && $2::text[])
  AND ($3::tstzrange IS NULL OR times && $3::tstzrange)
ORDER BY last_position DESC LIMIT $4
