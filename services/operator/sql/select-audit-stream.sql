-- Of the sale or stream $1, before seq $2 and position $3, at or after time $4, before time $5 (NULL: all), at most $6, the
-- last first. Those that have no position yet are left out.
SELECT event.sale_id AS "streamKey", event.seq, event.body, chunk.first_position + event.ordinal AS position
FROM event_store.events AS event JOIN event_store.chunks AS chunk USING (chunk_id)
WHERE event.sale_id = $1 AND event.seq < $2 AND chunk.first_position + event.ordinal < $3
  AND ($4::timestamptz IS NULL OR event.time >= $4) AND ($5::timestamptz IS NULL OR event.time < $5)
ORDER BY event.seq DESC LIMIT $6
