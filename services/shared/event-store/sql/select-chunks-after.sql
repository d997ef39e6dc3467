-- Chunks that end behind position $1, with some of the types $2 and within the times $3 (NULL: all), at most $4, forwards
SELECT chunk_id, event_count, first_position, last_position FROM event_store.chunks
WHERE last_position > $1 AND ($2::text[] IS NULL OR types && $2::text[])
  AND ($3::tstzrange IS NULL OR times && $3::tstzrange)
ORDER BY last_position LIMIT $4
