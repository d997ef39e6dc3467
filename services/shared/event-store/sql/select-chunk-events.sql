-- Of the chunks $1, ordinals $2 through $3, of the types $4, from time $5 to before $6 (NULL: all)
SELECT sale_id, seq, id, type, (extract(epoch FROM time) * 1000000)::bigint::text AS time_us, body::text, digest,
  chunk_id, ordinal
FROM event_store.events
WHERE chunk_id = ANY ($1::bigint[]) AND ordinal BETWEEN $2 AND $3 AND ($4::text[] IS NULL OR type = ANY ($4::text[]))
  AND ($5::timestamptz IS NULL OR time >= $5) AND ($6::timestamptz IS NULL OR time < $6)
