INSERT INTO event_store.parked_partitions (stream, partition, reason)
SELECT $1, parked.* FROM unnest($2::text[], $3::text[]) AS parked (partition, reason)
ON CONFLICT (stream, partition) DO NOTHING
