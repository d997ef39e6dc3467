DELETE FROM read_models.buyer_orders_v1 WHERE sale_id = $1
