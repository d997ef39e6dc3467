-- $1 ms after which somebody who was not seen is forgotten
DELETE FROM ticketing.job_workers WHERE seen_at < now() - $1::float8 * interval '1 ms'
