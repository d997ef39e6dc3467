DELETE FROM read_models.sales_per_minute_v1 WHERE sale_id = $1
