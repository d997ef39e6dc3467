CREATE TABLE read_models.occupancy_v1 (
  sale_id text NOT NULL,
  area_id text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  -- of a general area; seats have their own
  category_id text,
  sort_order integer NOT NULL,
  capacity integer NOT NULL,
  held integer NOT NULL DEFAULT 0 CHECK (held >= 0),
  sold integer NOT NULL DEFAULT 0 CHECK (sold >= 0),
  blocked integer NOT NULL DEFAULT 0 CHECK (blocked >= 0),
  free integer NOT NULL GENERATED ALWAYS AS (capacity - held - sold - blocked) STORED CHECK (free >= 0),
  PRIMARY KEY (sale_id, area_id)
) WITH (fillfactor = 50)
