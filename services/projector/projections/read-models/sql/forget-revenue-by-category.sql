DELETE FROM read_models.revenue_by_category_v2 WHERE sale_id = $1
