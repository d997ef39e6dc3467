SELECT id, sells_via AS "sellsVia" FROM shows WHERE slug = $1
