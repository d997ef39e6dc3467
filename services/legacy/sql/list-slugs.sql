-- $1 slugs. Those that are there.
SELECT slug FROM shows WHERE slug = ANY ($1::text[]);
