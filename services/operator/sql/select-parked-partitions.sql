SELECT partition, reason, parked_at AS "parkedAt", (
  SELECT count(*) FROM event_store.parked_records AS record
  WHERE record.stream = parked.stream AND record.partition = parked.partition
) AS records
FROM event_store.parked_partitions AS parked ORDER BY partition
