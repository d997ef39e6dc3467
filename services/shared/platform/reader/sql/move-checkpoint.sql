-- $3 shard, $4 owner, $5 epoch, $6 lease in ms, $7 position before, $8 position.
UPDATE reader.leases
SET position = $8, moved_at = now(),
    expires_at = greatest(expires_at, clock_timestamp() + $6 * interval '1 millisecond')
WHERE stream = $1 AND cursor = $2 AND shard_id = $3 AND owner = $4 AND epoch = $5
  AND position IS NOT DISTINCT FROM $7
