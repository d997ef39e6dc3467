-- $1 sale: one at a time, until the transaction ends. A statement of its own: the next one must see the
-- state after the wait.
SELECT pg_advisory_xact_lock(hashtextextended($1, 0));
