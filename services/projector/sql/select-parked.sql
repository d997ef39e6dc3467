SELECT sale_id FROM projection.parked_events WHERE projection = $1
