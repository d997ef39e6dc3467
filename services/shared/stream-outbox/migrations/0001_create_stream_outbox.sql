-- Events of streams that are no sale's, written in the transaction of what they tell of, and taken from here into the event
-- store by the projectors, in the order of outbox_id per stream.
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA outbox;

CREATE TABLE outbox.stream_events (
  outbox_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream text NOT NULL,
  event json NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now()
);

-- Who writes to a stream waits until whoever wrote to it before has committed: so the numbers of a stream become visible
-- in their order, and that is the order in which their transactions had their effects. Only then is the number taken.
CREATE FUNCTION outbox.write_event(stream text, event json) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('onsale stream ' || stream, 0));
  INSERT INTO outbox.stream_events (stream, event) VALUES (write_event.stream, write_event.event);
END
$$;
