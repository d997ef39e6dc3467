-- $1 sale, $2 area, $3 capacity
UPDATE read_models.occupancy_v1 SET capacity = $3 WHERE sale_id = $1 AND area_id = $2
