-- $3: the one that leaves; and those that nobody has heard of for an hour.
DELETE FROM reader.members
WHERE stream = $1 AND cursor = $2 AND (owner = $3 OR expires_at < clock_timestamp() - interval '1 hour')
