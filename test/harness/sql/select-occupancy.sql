SELECT area_id AS code, capacity, held, sold, blocked FROM read_models.occupancy WHERE sale_id = $1
ORDER BY area_id COLLATE "C"
