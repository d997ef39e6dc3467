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
