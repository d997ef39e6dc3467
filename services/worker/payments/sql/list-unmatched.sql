-- $1 behind this id, $2 at most
SELECT unmatched_id::int AS id, method, kind, report, told, first_at AS "firstAt", last_at AS "lastAt"
FROM payments_read.unmatched WHERE dismissed_at IS NULL AND unmatched_id > $1 ORDER BY unmatched_id LIMIT $2
