-- A row that has vanished while its shard was being read: its owner writes it again, also over one that was made anew.
INSERT INTO reader.leases AS lease (stream, cursor, shard_id, parents, owner, epoch, position, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp() + $8 * interval '1 millisecond')
ON CONFLICT (stream, cursor, shard_id) DO UPDATE
SET owner = excluded.owner, epoch = excluded.epoch, position = excluded.position, expires_at = excluded.expires_at
WHERE lease.owner IS NULL AND lease.position IS NULL AND lease.epoch = 0
