-- $1 state or null for all but those that wait for their first attempt, $2 behind this id, $3 how many
SELECT id, task_identifier AS task, key, state, attempts, max_attempts AS "attemptsMax", last_error AS "lastError",
  run_at AS "runAt", created_at AS "createdAt"
FROM (
  SELECT j.*, CASE WHEN locked_at IS NOT NULL THEN 'running' WHEN attempts >= max_attempts THEN 'failed'
    WHEN attempts > 0 THEN 'retrying' ELSE 'queued' END AS state
  FROM graphile_worker.jobs j
  WHERE id > $2
) job
WHERE state = $1 OR ($1::text IS NULL AND state <> 'queued')
ORDER BY id LIMIT $3
