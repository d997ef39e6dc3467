SELECT key, name, version, state, extract(epoch FROM now() - changed_at)::double precision * 1000 AS "sinceMs"
FROM projection.versions
