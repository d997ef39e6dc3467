-- $1 stream, $2 cursor, $3 owner, $4 lease in ms; $5 shards, $6 their epochs, $7 read until (ms, null: not known).
-- A row that is locked is being moved by our own handler (which renews it) or taken over: it is passed by, so that a
-- slow transaction of one shard does not let the leases of all others lapse.
UPDATE reader.leases AS lease
SET expires_at = clock_timestamp() + $4 * interval '1 millisecond',
    read_until = coalesce(to_timestamp(held.read_until_ms / 1000), lease.read_until)
FROM unnest($5::text[], $6::bigint[], $7::double precision[]) AS held (shard_id, epoch, read_until_ms)
WHERE lease.stream = $1 AND lease.cursor = $2 AND lease.owner = $3
  AND lease.shard_id = held.shard_id AND lease.epoch = held.epoch
  AND lease.shard_id IN (
    SELECT free.shard_id FROM reader.leases AS free
    WHERE free.stream = $1 AND free.cursor = $2 AND free.owner = $3
    FOR UPDATE SKIP LOCKED
  )
