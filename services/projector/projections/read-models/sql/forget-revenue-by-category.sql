DELETE FROM read_models.revenue_by_category_v1 WHERE sale_id = $1
