-- Where the events with one of the link keys $1 are, of sale $2 (NULL: of all), behind position $3, at most $4, by
-- position. The keys are looked up before anything is sorted: otherwise a plan may walk through the whole order.
WITH found AS MATERIALIZED (
  SELECT sale_id, seq, chunk_id, ordinal FROM event_store.events
  WHERE links && $1::integer[] AND ($2::text IS NULL OR sale_id = $2)
)
SELECT found.sale_id AS "saleId", found.seq, chunk.first_position + found.ordinal AS position
FROM found JOIN event_store.chunks AS chunk USING (chunk_id)
WHERE chunk.first_position + found.ordinal > $3
ORDER BY position LIMIT $4
