INSERT INTO projection.parked_events (projection, sale_id, seq, id, type, reason)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (projection, sale_id) DO UPDATE
  SET seq = excluded.seq, id = excluded.id, type = excluded.type, reason = excluded.reason, parked_at = now()
