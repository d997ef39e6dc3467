-- $1 sale, $2 the last event of its log. Whether something is left to do, or the rows do not have all of the log yet.
SELECT EXISTS (SELECT FROM recalls.orders WHERE sale_id = $1 AND state IN ('to_ask', 'asked', 'to_cancel'))
  OR coalesce((SELECT seq FROM projection.positions WHERE projection = 'legacy' AND sale_id = $1), 0) < $2
  AS "isOpen"
