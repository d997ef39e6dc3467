SELECT sale_id FROM recalls.recalls WHERE state = 'running' ORDER BY sale_id
