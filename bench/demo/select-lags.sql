-- $1 sale: how long each order took from Redis to the legacy tables.
SELECT lag_ms AS "lagMs" FROM projection.projected_orders WHERE sale_id = $1;
