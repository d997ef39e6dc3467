SELECT pg_advisory_xact_lock(hashtext('onsale read models'))
