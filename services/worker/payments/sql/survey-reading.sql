-- By method: what no order knows of, and for how many ms its list has not been read to the end.
SELECT c.method, count(u.unmatched_id)::int AS unmatched,
  (extract(epoch FROM clock_timestamp() - c.read_at) * 1000)::float8 AS "ageMs"
FROM payments_read.cursors c
LEFT JOIN payments_read.unmatched u ON u.method = c.method AND u.dismissed_at IS NULL
GROUP BY c.method, c.read_at
