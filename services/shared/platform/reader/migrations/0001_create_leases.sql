-- Who reads which shard under which cursor, and how far. Each team has cursors of its own; nothing here is about events.
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA reader;

-- stream: `name@createdAtMs`, since a stream can be deleted and made anew under the same name.
-- A cursor that is here has its first shards: shards that appear later are read from their horizon.
CREATE TABLE reader.cursors (
  stream text NOT NULL,
  cursor text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (stream, cursor)
);

-- position: see platform/reader/positions.ts; NULL is the shard's horizon. Moved only from the value it had, by the owner,
-- under the epoch at which it became the owner.
-- epoch: one higher with each change of owner.
-- parents: shards that have to be read to their end before this one begins.
-- read_until: up to which time of arrival the shard was read, to tell when records have been trimmed before.
-- wanted_by: who asks the owner to hand the lease over.
-- fillfactor: rows that are updated with every batch; room on the page keeps those updates out of the index.
CREATE TABLE reader.leases (
  stream text NOT NULL,
  cursor text NOT NULL,
  shard_id text NOT NULL,
  parents text[] NOT NULL DEFAULT '{}',
  owner text,
  epoch bigint NOT NULL DEFAULT 0,
  position text,
  read_until timestamptz,
  wanted_by text,
  expires_at timestamptz NOT NULL DEFAULT now(),
  moved_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (stream, cursor, shard_id)
) WITH (fillfactor = 50);

-- The processes that read, whether they have leases or not: the shards are divided among those not expired.
CREATE TABLE reader.members (
  stream text NOT NULL,
  cursor text NOT NULL,
  owner text NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (stream, cursor, owner)
) WITH (fillfactor = 50);
