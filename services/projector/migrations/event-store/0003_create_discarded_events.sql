-- What a Redis said of a sale and the log did not take, as it was set aside when the sale was stopped: kept when the
-- sale is rebuilt from the log, for whoever wants to know what buyers were told. packed: as the outbox had it
-- (services/shared/contracts/outbox.ts).
SET LOCAL lock_timeout = '5s';

CREATE TABLE event_store.discarded_events (
  sale_id text NOT NULL,
  id text NOT NULL,
  seq bigint NOT NULL,
  epoch integer NOT NULL,
  type text NOT NULL,
  time timestamptz NOT NULL,
  packed text NOT NULL,
  discarded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (sale_id, id)
);
