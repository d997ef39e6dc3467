-- $1 job. Nothing of one that runs or is not there.
SELECT id FROM graphile_worker.reschedule_jobs(ARRAY[$1::bigint], run_at => now(), attempts => 0)
