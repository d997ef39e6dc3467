-- $1 projection, $2 sale, $3 seq at which it is parked, $4 who, $5 why. The position moves past that one event; where it
-- is not right before it, nothing is done.
WITH parked AS (
  SELECT * FROM projection.parked_events WHERE projection = $1 AND sale_id = $2 AND seq = $3 FOR UPDATE
), moved AS (
  UPDATE projection.positions position SET seq = parked.seq, moved_at = now() FROM parked
  WHERE position.projection = parked.projection AND position.sale_id = parked.sale_id
    AND position.seq = parked.seq - 1
  RETURNING 1
), started AS (
  INSERT INTO projection.positions (projection, sale_id, seq)
  SELECT projection, sale_id, seq FROM parked WHERE seq = 1
  ON CONFLICT (projection, sale_id) DO NOTHING
  RETURNING 1
), skipped AS (
  DELETE FROM projection.parked_events gone USING parked
  WHERE gone.projection = parked.projection AND gone.sale_id = parked.sale_id
    AND (EXISTS (SELECT FROM moved) OR EXISTS (SELECT FROM started))
  RETURNING gone.*
)
INSERT INTO projection.acts
  (act, projection, sale_id, seq, event_id, event_type, reason, actor, why, done_at)
SELECT 'skipped', projection, sale_id, seq, id, type, reason, $4, $5, now() FROM skipped
RETURNING event_id AS "eventId", event_type AS "eventType", reason
