DELETE FROM prices WHERE category_id IN (SELECT id FROM price_categories WHERE show_id = $1)
