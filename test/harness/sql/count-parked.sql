SELECT count(*)::int AS parked FROM projection.parked_events
