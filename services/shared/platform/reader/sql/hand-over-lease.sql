-- $3 shard, $4 owner, $5 its epoch, $6 lease in ms: to the one that wants it, if it is there; otherwise to whoever comes.
UPDATE reader.leases AS lease
SET owner = heir.owner, epoch = lease.epoch + 1, wanted_by = NULL,
    expires_at = clock_timestamp() + CASE WHEN heir.owner IS NULL THEN 0 ELSE $6 END * interval '1 millisecond'
FROM (SELECT 1) AS one
LEFT JOIN reader.leases AS asked
  ON asked.stream = $1 AND asked.cursor = $2 AND asked.shard_id = $3 AND asked.wanted_by <> $4
LEFT JOIN reader.members AS heir
  ON heir.stream = $1 AND heir.cursor = $2 AND heir.owner = asked.wanted_by AND heir.expires_at > clock_timestamp()
WHERE lease.stream = $1 AND lease.cursor = $2 AND lease.shard_id = $3 AND lease.owner = $4 AND lease.epoch = $5
