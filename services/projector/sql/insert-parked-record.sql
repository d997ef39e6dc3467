-- A record that is too much for one transaction comes in parts: it is kept once, and whole.
INSERT INTO event_store.parked_records
  (stream, partition, shard_id, sequence_number, position_before, partition_key, data)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (stream, shard_id, sequence_number) DO NOTHING
