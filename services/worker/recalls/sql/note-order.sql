-- An answer that came meanwhile is not taken back.
UPDATE recalls.orders SET state = $4, detail = $5, changed_at = now()
WHERE sale_id = $1 AND order_number = $2 AND state = $3
