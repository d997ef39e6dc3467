-- $1 job. Nothing of one that runs or is not there.
WITH again AS (
  SELECT id FROM graphile_worker.reschedule_jobs(ARRAY[$1::bigint], run_at => now(), attempts => 0)
)
SELECT job.task_identifier AS task, job.key, split_part(job.key, '/', 1) AS "saleId"
FROM graphile_worker.jobs job JOIN again USING (id)
