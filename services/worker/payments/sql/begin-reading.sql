-- $1 method
INSERT INTO payments_read.cursors (method) VALUES ($1) ON CONFLICT DO NOTHING
