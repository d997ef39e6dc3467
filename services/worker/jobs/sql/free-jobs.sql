-- $1 ms after which somebody who was not seen is dead. Gives their jobs back to the queue; the library itself would
-- leave them locked for four hours.
WITH alive AS MATERIALIZED (
  SELECT pool_id FROM ticketing.job_workers WHERE seen_at > now() - $1::float8 * interval '1 ms'
), gone AS MATERIALIZED (
  SELECT locked_by AS pool_id, count(*)::int AS jobs FROM graphile_worker.jobs
  WHERE locked_at < now() - $1::float8 * interval '1 ms' AND locked_by NOT IN (SELECT pool_id FROM alive)
  GROUP BY locked_by
)
SELECT gone.pool_id AS "poolId", gone.jobs, graphile_worker.force_unlock_workers(ARRAY[gone.pool_id]) FROM gone
