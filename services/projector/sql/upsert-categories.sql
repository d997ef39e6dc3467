-- $1 show, $2 codes, $3 names
INSERT INTO price_categories (show_id, code, name)
SELECT $1, category.* FROM unnest($2::text[], $3::text[]) AS category
ON CONFLICT (show_id, code) DO UPDATE SET name = excluded.name
