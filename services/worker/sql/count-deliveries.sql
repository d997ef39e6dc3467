SELECT count(*) FILTER (WHERE state = 'dead') AS dead,
  count(*) FILTER (WHERE state = 'pending') AS pending,
  coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE state = 'pending')), 0)::double precision * 1000 AS oldest_ms
FROM webhooks.deliveries WHERE state IN ('dead', 'pending')
