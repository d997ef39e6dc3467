-- A read model is swapped under the same lock, exclusively: never in the middle of a batch.
SELECT pg_advisory_xact_lock_shared(hashtext('onsale read models')); SAVEPOINT sale
