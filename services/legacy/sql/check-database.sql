-- The database answers and has been migrated.
SELECT 1 FROM shows LIMIT 1;
