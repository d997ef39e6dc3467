-- $1 sales, $2 the seq of the last event of each: how many projections of theirs are as far
SELECT count(*)::integer AS count
FROM unnest($1::text[], $2::bigint[]) AS wanted (sale_id, seq)
JOIN projection.positions AS position ON position.sale_id = wanted.sale_id AND position.seq >= wanted.seq
