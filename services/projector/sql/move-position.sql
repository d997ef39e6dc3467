UPDATE projection.positions SET seq = $4, moved_at = now()
WHERE projection = $1 AND sale_id = $2 AND seq = $3
