-- $1 who
DELETE FROM ticketing.job_workers WHERE pool_id = $1
