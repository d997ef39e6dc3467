-- $1 method, $2 cursor, $3 whether that is the end of its list
UPDATE payments_read.cursors SET cursor = $2, read_at = CASE WHEN $3 THEN clock_timestamp() ELSE read_at END
WHERE method = $1
