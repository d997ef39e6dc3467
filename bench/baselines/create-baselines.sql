-- Tables of the baselines that are not the legacy application's: as small as they can be, with the indexes
-- that their statements use. A hold is its own record of the Idempotency-Key, as ours is.
CREATE SCHEMA IF NOT EXISTS baseline;

CREATE TABLE IF NOT EXISTS baseline.areas (
  sale_id text NOT NULL,
  area_id text NOT NULL,
  free integer NOT NULL CHECK (free >= 0),
  price_minor integer NOT NULL,
  PRIMARY KEY (sale_id, area_id)
) WITH (fillfactor = 50);

-- The order of preference is in the partial index only: with an index that also has the taken places in this
-- order, the planner reads past all of them.
CREATE TABLE IF NOT EXISTS baseline.places (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sale_id text NOT NULL,
  area_id text NOT NULL,
  sort_order integer NOT NULL,
  price_minor integer NOT NULL,
  hold_id uuid
) WITH (fillfactor = 70);
CREATE INDEX IF NOT EXISTS places_free ON baseline.places (sale_id, area_id, sort_order)
  WHERE hold_id IS NULL;

CREATE TABLE IF NOT EXISTS baseline.holds (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  sale_id text NOT NULL,
  buyer_id text NOT NULL,
  key text NOT NULL,
  area_id text NOT NULL,
  quantity integer NOT NULL,
  expires_at timestamptz NOT NULL,
  UNIQUE (sale_id, buyer_id, key)
);

CREATE TABLE IF NOT EXISTS baseline.buyers (
  sale_id text NOT NULL,
  buyer_id text NOT NULL,
  tickets integer NOT NULL,
  PRIMARY KEY (sale_id, buyer_id)
) WITH (fillfactor = 70);
