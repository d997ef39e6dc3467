-- $1 method, $2 how many: those that were told the longest ago
SELECT unmatched_id AS id, report FROM payments_read.unmatched
WHERE method = $1 AND dismissed_at IS NULL ORDER BY last_at, unmatched_id LIMIT $2
