-- Of the event store: it has rejected event $2 of sale $1, or reads nothing of partition $3 at the moment.
SELECT EXISTS (SELECT FROM event_store.rejected_events WHERE sale_id = $1 AND id = $2)
  OR EXISTS (SELECT FROM event_store.parked_partitions WHERE partition = $3) AS passed_by
