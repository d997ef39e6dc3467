-- How far the projections of some sales are, and where one has stopped: the legacy rows first. $1 sales
SELECT * FROM (
  SELECT position.sale_id AS "saleId", position.projection, position.seq,
    parked.seq AS "parkedSeq", parked.type AS "parkedType", parked.reason AS "parkedReason",
    parked.parked_at AS "parkedAt"
  FROM projection.positions position
  LEFT JOIN projection.parked_events parked USING (projection, sale_id)
  WHERE position.sale_id = ANY ($1::text[])
  UNION ALL
  SELECT parked.sale_id, parked.projection, 0, parked.seq, parked.type, parked.reason, parked.parked_at
  FROM projection.parked_events parked
  WHERE parked.sale_id = ANY ($1::text[]) AND NOT EXISTS (
    SELECT 1 FROM projection.positions position
    WHERE position.projection = parked.projection AND position.sale_id = parked.sale_id
  )
) state
ORDER BY "saleId", projection <> 'legacy', projection
