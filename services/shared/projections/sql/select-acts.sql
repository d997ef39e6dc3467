-- $1 sale or null for all, $2 only acts before this id or null, $3 how many at most; the newest first
SELECT id, act, projection, sale_id AS "saleId", seq, event_id AS "eventId", event_type AS "eventType", reason,
  actor, why, asked_at AS "askedAt", done_at AS "doneAt"
FROM projection.acts
WHERE ($1::text IS NULL OR sale_id = $1) AND ($2::bigint IS NULL OR id < $2)
ORDER BY id DESC LIMIT $3
