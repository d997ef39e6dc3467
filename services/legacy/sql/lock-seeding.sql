-- Two seeds at the same moment: the second waits, then finds everything there.
SELECT pg_advisory_xact_lock(hashtextextended('onsale seed', 0));
