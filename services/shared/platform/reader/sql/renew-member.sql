INSERT INTO reader.members (stream, cursor, owner, expires_at)
VALUES ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond')
ON CONFLICT (stream, cursor, owner) DO UPDATE SET expires_at = excluded.expires_at
