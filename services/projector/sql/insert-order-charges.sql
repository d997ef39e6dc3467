-- One row per fee or tax: $1 order, $2 order line or null, $3 fee or tax, $4 code, $5 amount, $6 whether the prices
-- contain it
INSERT INTO order_charges (order_id, order_line_id, kind, code, amount_minor, included)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::boolean[])
