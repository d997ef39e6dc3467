-- $1 sale id, $2 area id, $3 capacity, $4 price.
INSERT INTO baseline.areas (sale_id, area_id, free, price_minor) VALUES ($1, $2, $3::int, $4::int);
