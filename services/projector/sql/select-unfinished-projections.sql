-- What still needs the events of sale $1 up to seq $2: projections that are not there, or are to be replayed
SELECT version.key FROM projection.versions AS version
WHERE version.state <> 'retired' AND NOT EXISTS (
  SELECT FROM projection.positions AS position
  WHERE position.projection = version.key AND position.sale_id = $1 AND position.seq >= $2
)
UNION ALL
SELECT projection FROM projection.positions WHERE sale_id = $1 AND seq < $2
UNION ALL
SELECT projection FROM projection.parked_events WHERE sale_id = $1
UNION ALL
SELECT projection FROM projection.acts WHERE sale_id = $1 AND done_at IS NULL
LIMIT 1
