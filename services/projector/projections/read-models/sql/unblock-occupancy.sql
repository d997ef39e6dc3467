-- $1 sale
UPDATE read_models.occupancy_v1 SET blocked = 0 WHERE sale_id = $1 AND blocked <> 0
