-- Whoever changes the route of show $1 waits for each other here, and for the switch of its stock.
SELECT sells_via AS "sellsVia" FROM shows WHERE slug = $1 FOR UPDATE
