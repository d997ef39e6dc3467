SELECT seq FROM projection.positions WHERE projection = $1 AND sale_id = $2
