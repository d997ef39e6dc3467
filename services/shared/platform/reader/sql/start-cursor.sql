INSERT INTO reader.cursors (stream, cursor) VALUES ($1, $2) ON CONFLICT (stream, cursor) DO NOTHING
