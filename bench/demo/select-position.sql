-- $1 sale: up to which seq its legacy rows have followed the log.
SELECT seq FROM projection.positions WHERE sale_id = $1 AND projection = 'legacy';
