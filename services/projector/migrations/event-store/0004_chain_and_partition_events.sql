-- Events are in 16 parts by sale, each with the digest of the chain up to it, its place in the chunk that one
-- transaction appended, and keys of what it is about. Digest, chunk and links are NULL in rows that a projector of the
-- version before has stored, and in all that were there before this migration: the set-up and the projectors complete
-- them sale by sale, in order (services/shared/event-store/chain-events.ts).
--
-- The rows are copied in this transaction, during which nothing is appended or read here. Sales go on; what waits for the
-- event store catches up.
SET LOCAL lock_timeout = '5s';

ALTER TABLE event_store.events RENAME TO events_in_one;
ALTER TABLE event_store.events_in_one RENAME CONSTRAINT events_pkey TO events_in_one_pkey;
ALTER TABLE event_store.events_in_one RENAME CONSTRAINT events_id_sale_id_key TO events_in_one_id_sale_id_key;

-- One per transaction that appended events. Positions are given after the commit, by one process at a time, without gaps:
-- who has read up to a position will never be shown a lower one. Then event `ordinal` (from 0) has the position
-- first_position + ordinal. times and types: of its events, for whoever looks for some.
CREATE TABLE event_store.chunks (
  chunk_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_count integer NOT NULL CHECK (event_count > 0),
  first_position bigint,
  last_position bigint,
  times tstzrange NOT NULL,
  types text[] NOT NULL,
  appended_at timestamptz NOT NULL DEFAULT now(),
  CHECK (last_position - first_position = event_count - 1),
  CHECK ((first_position IS NULL) = (last_position IS NULL))
);
CREATE UNIQUE INDEX chunks_by_position ON event_store.chunks (last_position);
CREATE INDEX chunks_without_position ON event_store.chunks (chunk_id) WHERE last_position IS NULL;
CREATE INDEX chunks_by_time ON event_store.chunks USING gist (times);
CREATE INDEX chunks_by_type ON event_store.chunks USING gin (types);

-- sale_id: of a stream that is no sale's, `$` and its name; no sale's id begins so.
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
  digest bytea,
  chunk_id bigint,
  ordinal integer,
  links integer[],
  PRIMARY KEY (sale_id, seq),
  UNIQUE (id, sale_id)
) PARTITION BY HASH (sale_id);

DO $$
BEGIN
  FOR part IN 0..15 LOOP
    EXECUTE format(
      'CREATE TABLE event_store.events_%s PARTITION OF event_store.events FOR VALUES WITH (modulus 16, remainder %s)',
      to_char(part, 'FM00'), part);
  END LOOP;
END $$;

INSERT INTO event_store.events
  (sale_id, seq, id, type, time, body, shard_id, sequence_number, appended_at)
SELECT sale_id, seq, id, type, time, body, shard_id, sequence_number, appended_at
FROM event_store.events_in_one ORDER BY sale_id, seq;

DROP TABLE event_store.events_in_one;

CREATE INDEX events_by_chunk ON event_store.events (chunk_id, ordinal);
-- The keys of an event are merged into the index a megabyte at a time, which costs a third of merging them at once or of
-- rows in a table of links (docs/decisions/0012).
CREATE INDEX events_by_link ON event_store.events USING gin (links) WITH (gin_pending_list_limit = 1024);
CREATE INDEX events_without_digest ON event_store.events (sale_id, seq) WHERE digest IS NULL;

-- digest: of the event at chained_seq; that is behind seq while events without digest follow.
-- removed_at: since when the sale's events are gone (retention); what the head says of them stays.
ALTER TABLE event_store.heads
  ADD COLUMN digest bytea,
  ADD COLUMN chained_seq bigint NOT NULL DEFAULT 0,
  ADD COLUMN removed_at timestamptz;

-- The heads of streams that are no sale's, apart: whoever goes through the heads means sales.
CREATE TABLE event_store.stream_heads (
  stream text PRIMARY KEY,
  seq bigint NOT NULL,
  id text NOT NULL,
  digest bytea NOT NULL
) WITH (fillfactor = 50);
