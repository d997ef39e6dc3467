DELETE FROM read_models.sale_totals_v1 WHERE sale_id = $1
