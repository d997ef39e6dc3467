-- $1 sale, $2 behind this seq, $3 how many at most
SELECT seq, id, type, (extract(epoch FROM time) * 1000000)::bigint::text AS time_us, body::text
FROM event_store.events WHERE sale_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
