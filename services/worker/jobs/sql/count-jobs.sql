-- By task and state; seconds since the oldest that waits could have run.
SELECT task_identifier AS task,
  CASE WHEN locked_at IS NOT NULL THEN 'running' WHEN attempts >= max_attempts THEN 'failed'
    WHEN attempts > 0 THEN 'retrying' ELSE 'queued' END AS state,
  count(*)::int AS jobs,
  greatest(0, extract(epoch FROM now() - min(created_at)) * 1000)::float8 AS "oldestMs"
FROM graphile_worker.jobs
GROUP BY 1, 2
