-- The log, as far as it was read: every event that the rule accepted, in order per sale, and what it did not accept.
-- Rows are added and never changed. The body is `json`, not `jsonb`: it is kept exactly as it came over the bus.
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA event_store;

-- id: unique within its sale; the index serves "is this id in the log?" as well.
CREATE TABLE event_store.events (
  sale_id text NOT NULL,
  seq bigint NOT NULL CHECK (seq > 0),
  id text NOT NULL,
  type text NOT NULL,
  time timestamptz NOT NULL,
  body json NOT NULL,
  shard_id text NOT NULL,
  sequence_number text NOT NULL,
  appended_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (sale_id, seq),
  UNIQUE (id, sale_id)
);

-- fillfactor: rows that are updated with every batch; room on the page keeps those updates out of the index.
CREATE TABLE event_store.heads (
  sale_id text PRIMARY KEY,
  partition integer NOT NULL,
  seq bigint NOT NULL,
  id text NOT NULL
) WITH (fillfactor = 50);

-- stream: `name@createdAtMs`, since a stream can be deleted and made anew under the same name.
-- sequence_number: of the last record that was taken, or SHARD_END. Moved only from the value it had.
CREATE TABLE event_store.checkpoints (
  stream text NOT NULL,
  shard_id text NOT NULL,
  sequence_number text NOT NULL,
  moved_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (stream, shard_id)
) WITH (fillfactor = 50);

-- Events that contradict the log. position: which of the record's events, from 0.
CREATE TABLE event_store.rejected_events (
  stream text NOT NULL,
  shard_id text NOT NULL,
  sequence_number text NOT NULL,
  position integer NOT NULL,
  sale_id text NOT NULL,
  seq bigint NOT NULL,
  id text NOT NULL,
  type text NOT NULL,
  reason text NOT NULL,
  head_seq bigint NOT NULL,
  head_id text NOT NULL,
  body json NOT NULL,
  rejected_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (stream, shard_id, sequence_number, position)
);
CREATE INDEX rejected_events_by_sale ON event_store.rejected_events (sale_id, seq);

-- Records that are no batch of events, byte by byte.
CREATE TABLE event_store.unreadable_records (
  stream text NOT NULL,
  shard_id text NOT NULL,
  sequence_number text NOT NULL,
  partition_key text NOT NULL,
  data bytea NOT NULL,
  reason text NOT NULL,
  kept_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (stream, shard_id, sequence_number)
);
