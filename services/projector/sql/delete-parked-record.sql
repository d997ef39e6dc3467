DELETE FROM event_store.parked_records WHERE place = $1
