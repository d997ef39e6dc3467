UPDATE recalls.recalls SET state = $3 WHERE sale_id = $1 AND state = $2
