-- Jobs begin where the legacy rows are: who ordered before there were jobs is mailed nothing now.
SET LOCAL lock_timeout = '5s';

INSERT INTO projection.versions (key, name, version, state, replayable) VALUES ('jobs', 'jobs', 1, 'serving', false);
INSERT INTO projection.positions (projection, sale_id, seq)
SELECT 'jobs', sale_id, seq FROM projection.positions WHERE projection = 'legacy';
