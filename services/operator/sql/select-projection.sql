-- $1 projection
SELECT replayable FROM projection.versions WHERE key = $1
