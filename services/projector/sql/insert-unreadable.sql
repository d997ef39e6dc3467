-- A record can have several events that cannot be kept; all their reasons are.
INSERT INTO event_store.unreadable_records AS kept (stream, shard_id, sequence_number, partition_key, data, reason)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (stream, shard_id, sequence_number) DO UPDATE
  SET reason = left(kept.reason || '; ' || excluded.reason, 1000)
  WHERE strpos(kept.reason, excluded.reason) = 0
