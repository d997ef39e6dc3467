-- The first $4 events of sale $1 before seq $2, but for the types $3
DELETE FROM event_store.events
WHERE sale_id = $1 AND seq = ANY (ARRAY (
  SELECT seq FROM event_store.events
  WHERE sale_id = $1 AND seq < $2 AND type <> ALL ($3::text[]) ORDER BY seq LIMIT $4
))
