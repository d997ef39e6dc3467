-- $1 sale
SELECT seq FROM projection.positions WHERE projection = 'legacy' AND sale_id = $1
