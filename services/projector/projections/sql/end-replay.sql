-- $1 act, $2 projection, $3 sale: it is at its beginning again
WITH position AS (
  DELETE FROM projection.positions WHERE projection = $2 AND sale_id = $3
), parked AS (
  DELETE FROM projection.parked_events WHERE projection = $2 AND sale_id = $3
)
UPDATE projection.acts SET done_at = now() WHERE id = $1 AND done_at IS NULL
