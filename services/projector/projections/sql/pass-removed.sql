-- $1 projections, $2 sale, $3 its last seq: nothing of it can be applied any more
INSERT INTO projection.positions AS position (projection, sale_id, seq)
SELECT key, $2, $3::bigint FROM unnest($1::text[]) AS key
ON CONFLICT (projection, sale_id) DO UPDATE SET seq = excluded.seq, moved_at = now() WHERE position.seq < excluded.seq
