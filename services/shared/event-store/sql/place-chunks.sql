-- Gives the next positions to at most $1 committed chunks that have none, in the order of their ids; the caller has the lock.
WITH next AS (
  SELECT chunk_id, event_count, sum(event_count) OVER (ORDER BY chunk_id) AS through
  FROM (
    SELECT chunk_id, event_count FROM event_store.chunks
    WHERE last_position IS NULL ORDER BY chunk_id LIMIT $1
  ) AS unplaced
), last AS (
  SELECT coalesce(max(last_position), 0) AS position FROM event_store.chunks
), placed AS (
  UPDATE event_store.chunks AS chunk
  SET first_position = last.position + next.through - next.event_count + 1,
    last_position = last.position + next.through
  FROM next, last WHERE chunk.chunk_id = next.chunk_id
  RETURNING chunk.last_position
)
SELECT count(*)::integer AS chunks, max(last_position) AS position FROM placed
