-- $1 sale, then one row per order: $2 number, $3 seq, $4 time it was confirmed
INSERT INTO projection.projected_orders (sale_id, order_number, seq, confirmed_at)
SELECT $1, o.* FROM unnest($2::text[], $3::bigint[], $4::timestamptz[]) AS o
