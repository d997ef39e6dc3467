SELECT id FROM shows WHERE slug = $1
