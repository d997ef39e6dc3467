-- Sales of the chunks behind position $1, at most $2 of them, and of as many that have no position yet; and the last
-- position of the former. A chunk whose position is yet to come is never passed by.
WITH placed AS (
  SELECT chunk_id, last_position FROM event_store.chunks WHERE last_position > $1 ORDER BY last_position LIMIT $2
), unplaced AS (
  SELECT chunk_id FROM event_store.chunks WHERE last_position IS NULL ORDER BY chunk_id LIMIT $2
), found AS (
  SELECT chunk_id FROM placed UNION ALL SELECT chunk_id FROM unplaced
)
SELECT
  array(SELECT DISTINCT event.sale_id FROM found JOIN event_store.events AS event USING (chunk_id)) AS "saleIds",
  coalesce((SELECT max(last_position) FROM placed), $1::bigint) AS position
