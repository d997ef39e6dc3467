DELETE FROM read_models.sale_totals_v2 WHERE sale_id = $1
