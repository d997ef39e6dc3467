SELECT pg_try_advisory_xact_lock(hashtext('onsale recall ' || $1)) AS "isOurs"
