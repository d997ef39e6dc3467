-- $1 key, $2 name, $3 version, $4 whether it can be replayed. None when there is a newer one, or this one already.
INSERT INTO projection.versions (key, name, version, state, replayable)
SELECT $1, $2, $3::integer, 'building', $4::boolean
WHERE NOT EXISTS (SELECT FROM projection.versions WHERE name = $2 AND version >= $3::integer)
