-- Until the transaction ends. The number is nobody else's: "onsale", "position".
SELECT pg_advisory_xact_lock(1869507425, 1886352233)
