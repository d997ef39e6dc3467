-- $3 shard, $4 who wants it, $5 the epoch it was seen with. A wish of somebody who has gone is none.
UPDATE reader.leases AS lease
SET wanted_by = $4
FROM (
  SELECT shard_id FROM reader.leases
  WHERE stream = $1 AND cursor = $2 AND shard_id = $3 AND epoch = $5
  FOR UPDATE SKIP LOCKED
) AS seen
WHERE lease.stream = $1 AND lease.cursor = $2 AND lease.shard_id = seen.shard_id
  AND (lease.wanted_by IS NULL OR NOT EXISTS (
    SELECT FROM reader.members AS member
    WHERE member.stream = $1 AND member.cursor = $2 AND member.owner = lease.wanted_by
      AND member.expires_at > clock_timestamp()
  ))
