-- $1 projection, $2 sale, $3 who, $4 why. A projector does it; asked for twice before that, it is done once.
WITH asked AS (
  SELECT key FROM projection.versions WHERE key = $1 AND replayable AND state <> 'retired'
), inserted AS (
  INSERT INTO projection.acts (act, projection, sale_id, actor, why)
  SELECT 'replayed', asked.key, $2, $3, $4 FROM asked WHERE NOT EXISTS (
    SELECT FROM projection.acts
    WHERE done_at IS NULL AND act = 'replayed' AND projection = $1 AND sale_id = $2
  )
  RETURNING id
)
SELECT EXISTS (SELECT FROM inserted) AS "isNew" FROM asked
