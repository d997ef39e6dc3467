SELECT sale_id, seq FROM projection.positions WHERE projection = $1
