-- $3 shard, $4 the epoch it was seen with: the stream has no such shard any more.
UPDATE reader.leases
SET position = 'SHARD_END', owner = NULL, wanted_by = NULL, epoch = epoch + 1, moved_at = now()
WHERE stream = $1 AND cursor = $2 AND shard_id = $3 AND epoch = $4 AND position IS DISTINCT FROM 'SHARD_END'
