DELETE FROM read_models.occupancy_v1 WHERE sale_id = $1
