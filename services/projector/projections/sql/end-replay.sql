-- $1 act, $2 projection, $3 sale: it is at its beginning again; nothing is done for an act that was done before
WITH act AS (
  UPDATE projection.acts SET done_at = now() WHERE id = $1 AND done_at IS NULL RETURNING id
), position AS (
  DELETE FROM projection.positions WHERE projection = $2 AND sale_id = $3 AND EXISTS (SELECT FROM act)
), parked AS (
  DELETE FROM projection.parked_events WHERE projection = $2 AND sale_id = $3 AND EXISTS (SELECT FROM act)
)
SELECT id FROM act
