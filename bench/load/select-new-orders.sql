-- $1 the last id that was seen. Orders of one sale get their ids and become visible in one order.
SELECT id::double precision AS id, number FROM orders WHERE id > $1 ORDER BY id
