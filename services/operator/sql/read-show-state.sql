SELECT state FROM shows WHERE slug = $1
