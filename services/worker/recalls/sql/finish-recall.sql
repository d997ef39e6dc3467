UPDATE recalls.recalls SET state = 'done', done_at = now() WHERE sale_id = $1 AND state = 'running'
