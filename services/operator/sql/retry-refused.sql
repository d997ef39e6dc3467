UPDATE recalls.orders SET state = 'to_cancel', detail = '', changed_at = now() WHERE sale_id = $1 AND state = 'refused'
