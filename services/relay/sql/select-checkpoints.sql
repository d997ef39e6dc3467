-- Where the event store's knowledge ends in each shard: at its checkpoint, or before the first record that it has parked.
-- Shards of which it knows nothing are missing.
SELECT lease.shard_id, CASE WHEN parked.sequence_number IS NULL THEN lease.position ELSE parked.position_before END
  AS sequence_number
FROM reader.leases AS lease
LEFT JOIN LATERAL (
  SELECT record.sequence_number, record.position_before FROM event_store.parked_records AS record
  WHERE record.stream = lease.stream AND record.shard_id = lease.shard_id
  ORDER BY record.place LIMIT 1
) AS parked ON true
WHERE lease.stream = $1 AND lease.cursor = 'event-store'
  AND CASE WHEN parked.sequence_number IS NULL THEN lease.position ELSE parked.position_before END IS NOT NULL
