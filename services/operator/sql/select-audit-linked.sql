-- Before position $2, with one of the link keys $1, at or after time $3, before time $4 (NULL: all), of the sale $5 or with
-- its link key $6 (NULL: of all), at most $7, the last first. The keys are looked up before anything is sorted, and bodies
-- are fetched for those only that are shown.
WITH found AS MATERIALIZED (
  SELECT sale_id, seq, chunk_id, ordinal FROM event_store.events
  WHERE links && $1::integer[] AND ($3::timestamptz IS NULL OR time >= $3) AND ($4::timestamptz IS NULL OR time < $4)
    AND ($5::text IS NULL OR sale_id = $5 OR links @> ARRAY[$6::integer])
), next AS (
  SELECT found.sale_id, found.seq, chunk.first_position + found.ordinal AS position
  FROM found JOIN event_store.chunks AS chunk USING (chunk_id)
  WHERE chunk.first_position + found.ordinal < $2
  ORDER BY position DESC LIMIT $7
)
SELECT event.sale_id AS "streamKey", event.seq, event.body, next.position
FROM next JOIN event_store.events AS event USING (sale_id, seq)
ORDER BY next.position DESC
