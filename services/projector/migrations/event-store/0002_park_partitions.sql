-- A record of ours that cannot be taken stops its partition: it and all later records of the partition are kept, in
-- order and byte by byte, until an operator releases it (release-main.ts). All other partitions go on.
SET LOCAL lock_timeout = '5s';

-- partition: its name, `p07`. reason: why the first of the records could not be taken.
CREATE TABLE event_store.parked_partitions (
  stream text NOT NULL,
  partition text NOT NULL,
  reason text NOT NULL,
  parked_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (stream, partition)
);

-- place: the order in which they are to be judged.
-- position_before: where the shard has to be read from to read the record again; NULL is its horizon.
CREATE TABLE event_store.parked_records (
  place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream text NOT NULL,
  partition text NOT NULL,
  shard_id text NOT NULL,
  sequence_number text NOT NULL,
  position_before text,
  partition_key text NOT NULL,
  data bytea NOT NULL,
  parked_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (stream, shard_id, sequence_number)
);
CREATE INDEX parked_records_in_order ON event_store.parked_records (stream, partition, place);

-- Positions are kept with the leases from now on, under the cursor `event-store` (platform/reader). The old table stays for
-- processes of the version before, and is read by nobody afterwards: what one of them still appends is a duplicate here.
INSERT INTO reader.cursors (stream, cursor)
SELECT DISTINCT stream, 'event-store' FROM event_store.checkpoints
ON CONFLICT (stream, cursor) DO NOTHING;

INSERT INTO reader.leases (stream, cursor, shard_id, position, read_until)
SELECT stream, 'event-store', shard_id, sequence_number, moved_at FROM event_store.checkpoints
ON CONFLICT (stream, cursor, shard_id) DO NOTHING;
