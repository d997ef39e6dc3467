-- $1 who
INSERT INTO ticketing.job_workers (pool_id, seen_at) VALUES ($1, clock_timestamp())
ON CONFLICT (pool_id) DO UPDATE SET seen_at = excluded.seen_at
