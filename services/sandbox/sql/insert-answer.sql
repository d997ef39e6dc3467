INSERT INTO sandbox.answers (scope, key, digest) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
