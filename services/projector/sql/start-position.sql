INSERT INTO projection.positions (projection, sale_id, seq) VALUES ($1, $2, $3)
ON CONFLICT (projection, sale_id) DO NOTHING
