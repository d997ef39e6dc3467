-- Which projections there are, and who did what to one of a sale. A version before this one ignores both tables.
SET LOCAL lock_timeout = '5s';

-- The projection `legacy`, and each version of each read model. building: it follows the log from the beginning, nobody
-- reads it; serving: the view of the plain name shows it; retired: another version serves, its table is dropped soon.
CREATE TABLE projection.versions (
  key text PRIMARY KEY,
  name text NOT NULL CHECK (name ~ '^[a-z][a-z_]{0,40}$'),
  version integer NOT NULL CHECK (version > 0),
  state text NOT NULL CHECK (state IN ('building', 'serving', 'retired')),
  replayable boolean NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (name, version)
);
CREATE UNIQUE INDEX versions_one_serves ON projection.versions (name) WHERE state = 'serving';
INSERT INTO projection.versions (key, name, version, state, replayable) VALUES ('legacy', 'legacy', 1, 'serving', false);

-- Every time a projection of a sale stopped at an event, and what operators did about it; rows stay. done_at: when an
-- act had its effect; a replay is asked for by the operator and done by a projector.
CREATE TABLE projection.acts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  act text NOT NULL CHECK (act IN ('parked', 'retried', 'skipped', 'replayed')),
  projection text NOT NULL,
  sale_id text NOT NULL,
  seq bigint,
  event_id text,
  event_type text,
  -- why the event could not be applied
  reason text,
  actor text NOT NULL,
  -- in the words of the operator
  why text NOT NULL CHECK (why <> ''),
  asked_at timestamptz NOT NULL DEFAULT now(),
  done_at timestamptz
);
CREATE INDEX acts_by_sale ON projection.acts (sale_id, id);
CREATE INDEX acts_to_do ON projection.acts (id) WHERE done_at IS NULL;

-- Tables of read models are `NAME_vVERSION`, each with a view NAME on the one that serves.
CREATE SCHEMA read_models;

CREATE FUNCTION projection.is_behind(wanted text, other text) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM projection.positions o
    WHERE o.projection = other AND NOT EXISTS (
      SELECT FROM projection.positions w
      WHERE w.projection = wanted AND w.sale_id = o.sale_id AND w.seq >= o.seq
    )
  )
$$;

-- Readers see this version from now on, unless it is behind the one they see in any sale: false then. The lock lets no
-- batch be in the middle, so that nobody who has seen an event's effect finds it gone.
CREATE FUNCTION projection.serve_version(wanted text) RETURNS boolean
LANGUAGE plpgsql SET lock_timeout = '5s' AS $$
DECLARE
  ours projection.versions;
  theirs projection.versions;
BEGIN
  SELECT * INTO theirs FROM projection.versions
  WHERE state = 'serving' AND name = (SELECT name FROM projection.versions WHERE key = wanted);
  -- Looked at without the lock first: it makes everybody wait.
  IF FOUND AND projection.is_behind(wanted, theirs.key) THEN RETURN false; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('onsale read models'));
  SELECT * INTO ours FROM projection.versions WHERE key = wanted AND state = 'building' FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  SELECT * INTO theirs FROM projection.versions WHERE name = ours.name AND state = 'serving' FOR UPDATE;
  IF FOUND THEN
    IF projection.is_behind(wanted, theirs.key) THEN RETURN false; END IF;
    UPDATE projection.versions SET state = 'retired', changed_at = now() WHERE key = theirs.key;
    EXECUTE format('DROP VIEW read_models.%I', ours.name);
  END IF;
  EXECUTE format('CREATE VIEW read_models.%I AS SELECT * FROM read_models.%I',
    ours.name, ours.name || '_v' || ours.version);
  UPDATE projection.versions SET state = 'serving', changed_at = now() WHERE key = wanted;
  RETURN true;
END
$$;

-- Takes a version that nobody reads any more away; false when it is not retired. What was done to it stays in the acts.
CREATE FUNCTION projection.drop_version(unwanted text) RETURNS boolean
LANGUAGE plpgsql SET lock_timeout = '5s' AS $$
DECLARE
  gone projection.versions;
BEGIN
  DELETE FROM projection.versions WHERE key = unwanted AND state = 'retired' RETURNING * INTO gone;
  IF NOT FOUND THEN RETURN false; END IF;
  EXECUTE format('DROP TABLE read_models.%I', gone.name || '_v' || gone.version);
  DELETE FROM projection.positions WHERE projection = unwanted;
  DELETE FROM projection.parked_events WHERE projection = unwanted;
  RETURN true;
END
$$;
