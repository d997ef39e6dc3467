DELETE FROM read_models.buyer_orders_v2 WHERE sale_id = $1
