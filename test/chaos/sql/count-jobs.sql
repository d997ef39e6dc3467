SELECT count(*)::int AS jobs FROM graphile_worker.jobs
