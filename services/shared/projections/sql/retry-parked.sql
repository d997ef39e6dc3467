-- $1 projection, $2 sale, $3 seq at which it is parked, $4 who, $5 why
WITH parked AS (
  DELETE FROM projection.parked_events WHERE projection = $1 AND sale_id = $2 AND seq = $3 RETURNING *
)
INSERT INTO projection.acts
  (act, projection, sale_id, seq, event_id, event_type, reason, actor, why, done_at)
SELECT 'retried', projection, sale_id, seq, id, type, reason, $4, $5, now() FROM parked
RETURNING event_id AS "eventId", event_type AS "eventType", reason
