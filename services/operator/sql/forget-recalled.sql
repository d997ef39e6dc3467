DELETE FROM recalls.orders o USING recalls.recalls r WHERE o.sale_id = $1 AND r.sale_id = $1 AND r.state = 'done'
