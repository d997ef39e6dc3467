-- $3: shards that are read to their end and that the stream has forgotten.
DELETE FROM reader.leases
WHERE stream = $1 AND cursor = $2 AND shard_id = ANY ($3::text[]) AND position = 'SHARD_END'
