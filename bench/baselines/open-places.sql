-- $1 sale id, $2 area id, $3 places, $4 price: one row for every place.
INSERT INTO baseline.places (sale_id, area_id, sort_order, price_minor)
SELECT $1, $2, n, $4::int FROM generate_series(1, $3::int) AS n;
