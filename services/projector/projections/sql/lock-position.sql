-- $1 projection, $2 sale
SELECT seq FROM projection.positions WHERE projection = $1 AND sale_id = $2 FOR UPDATE
