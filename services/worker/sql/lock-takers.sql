-- One process takes lanes at a time, until its transaction ends. A statement of its own: the next one's snapshot then has what
-- was taken before. 'whla' in ASCII is the key.
SELECT pg_advisory_xact_lock(2003332193);
