-- What is on the calendar and what of it can be sold. The counters of an area are the stock: nothing may be
-- held or sold past the capacity, whoever writes the row, so the database itself refuses it.
SET LOCAL lock_timeout = '5s';

CREATE TABLE venues (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  plan_name text
);

CREATE TABLE shows (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  venue_id bigint NOT NULL REFERENCES venues (id),
  name text NOT NULL,
  starts_at timestamptz,
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  sells_via text NOT NULL DEFAULT 'legacy' CHECK (sells_via IN ('legacy', 'onsale')),
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('draft', 'open', 'paused', 'closed', 'recovering')),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX shows_by_venue ON shows (venue_id);

CREATE TABLE price_categories (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  show_id bigint NOT NULL REFERENCES shows (id),
  code text NOT NULL,
  name text NOT NULL,
  UNIQUE (show_id, code)
);

-- sort_order: the first price of a category is the one taken when a buyer names no ticket type.
CREATE TABLE prices (
  category_id bigint NOT NULL REFERENCES price_categories (id) ON DELETE CASCADE,
  ticket_type text NOT NULL,
  price_minor integer NOT NULL CHECK (price_minor >= 0),
  sort_order integer NOT NULL DEFAULT 0,
  PRIMARY KEY (category_id, ticket_type)
);

-- fillfactor: the counters change with every cart; room on the page keeps those updates out of the indexes.
CREATE TABLE areas (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  show_id bigint NOT NULL REFERENCES shows (id),
  code text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('seated', 'general')),
  capacity integer NOT NULL CHECK (capacity >= 0),
  held integer NOT NULL DEFAULT 0 CHECK (held >= 0),
  sold integer NOT NULL DEFAULT 0 CHECK (sold >= 0),
  category_id bigint REFERENCES price_categories (id),
  sort_order integer NOT NULL DEFAULT 0,
  UNIQUE (show_id, code),
  UNIQUE (id, show_id),
  CONSTRAINT areas_never_oversold CHECK (held + sold <= capacity)
) WITH (fillfactor = 50);
CREATE INDEX areas_by_category ON areas (category_id) WHERE category_id IS NOT NULL;

-- Seats are neighbours if they follow each other (sort_order) in the same row and segment: a segment ends at
-- an aisle.
CREATE TABLE seats (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  show_id bigint NOT NULL,
  area_id bigint NOT NULL,
  code text NOT NULL,
  row_label text NOT NULL,
  label text NOT NULL,
  x double precision NOT NULL,
  y double precision NOT NULL,
  sort_order integer NOT NULL,
  segment integer NOT NULL DEFAULT 0,
  category_id bigint NOT NULL REFERENCES price_categories (id),
  status text NOT NULL DEFAULT 'free' CHECK (status IN ('free', 'held', 'sold')),
  cart_id uuid,
  UNIQUE (show_id, code),
  FOREIGN KEY (area_id, show_id) REFERENCES areas (id, show_id),
  CONSTRAINT seats_in_a_cart_are_held CHECK (cart_id IS NULL OR status = 'held')
) WITH (fillfactor = 80);
CREATE INDEX seats_by_area ON seats (area_id, sort_order);
CREATE INDEX seats_by_cart ON seats (cart_id) WHERE cart_id IS NOT NULL;
