-- Where the selling requests of a show go, in the legacy database: who changes a route holds the row of the show, as
-- those do who sell there.
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA strangler;

CREATE TABLE strangler.routes (
  show_slug text PRIMARY KEY,
  -- 1, 2, 3 … with each change of this route
  number integer NOT NULL CHECK (number > 0),
  state text NOT NULL CHECK (state IN ('legacy', 'selling')),
  changed_at timestamptz NOT NULL DEFAULT now(),
  changed_by text NOT NULL,
  why text NOT NULL
);

-- Gateways hear at once when the stock of a show gets another owner, or a show is added, whoever does it.
CREATE FUNCTION strangler.tell_gateways() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('show_routes', NEW.slug);
  RETURN NULL;
END
$$;
CREATE TRIGGER shows_added_told AFTER INSERT ON shows FOR EACH ROW EXECUTE FUNCTION strangler.tell_gateways();
CREATE TRIGGER shows_moved_told AFTER UPDATE OF sells_via ON shows FOR EACH ROW
  WHEN (OLD.sells_via IS DISTINCT FROM NEW.sells_via) EXECUTE FUNCTION strangler.tell_gateways();
