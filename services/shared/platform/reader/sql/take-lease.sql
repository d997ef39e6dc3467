-- $3 shard, $4 owner, $5 the epoch it was seen with, $6 lease in ms. None but the first of several gets it.
UPDATE reader.leases AS lease
SET owner = $4, epoch = lease.epoch + 1, wanted_by = NULL,
    expires_at = clock_timestamp() + $6 * interval '1 millisecond'
FROM (
  SELECT shard_id FROM reader.leases
  WHERE stream = $1 AND cursor = $2 AND shard_id = $3 AND epoch = $5
    AND (owner IS NULL OR expires_at < clock_timestamp())
  FOR UPDATE SKIP LOCKED
) AS free
WHERE lease.stream = $1 AND lease.cursor = $2 AND lease.shard_id = free.shard_id
RETURNING lease.shard_id, lease.epoch, lease.position,
  extract(epoch FROM lease.read_until)::double precision * 1000 AS read_until_ms
