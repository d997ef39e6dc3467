-- $1 show, $2 state, $3 who, $4 why. Gateways hear of it when it is committed.
WITH written AS (
  INSERT INTO strangler.routes AS route (show_slug, number, state, changed_by, why)
  VALUES ($1, 1, $2, $3, $4)
  ON CONFLICT (show_slug) DO UPDATE SET
    number = route.number + 1, state = excluded.state, changed_at = now(), changed_by = excluded.changed_by,
    why = excluded.why
  RETURNING number
)
SELECT pg_notify('show_routes', $1) FROM written
