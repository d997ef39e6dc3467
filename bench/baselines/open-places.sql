-- $1 sale id, $2 area id, $3 places, $4 price: one row for every place.
INSERT INTO baseline.places (id, sale_id, area_id, price_minor)
SELECT n, $1, $2, $4::int FROM generate_series(1, $3::int) AS n;
