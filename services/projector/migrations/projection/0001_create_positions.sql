-- How far each projection has applied the events of each sale. The row moves in the transaction of the effect, from the
-- value it had, so that an event has its effect once whoever applies it and however often.
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA projection;

CREATE TABLE projection.positions (
  projection text NOT NULL,
  sale_id text NOT NULL,
  seq bigint NOT NULL,
  moved_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (projection, sale_id)
) WITH (fillfactor = 50);

-- The event at which a projection of a sale has stopped, and why. Deleting the row lets it try again.
CREATE TABLE projection.parked_events (
  projection text NOT NULL,
  sale_id text NOT NULL,
  seq bigint NOT NULL,
  id text NOT NULL,
  type text NOT NULL,
  reason text NOT NULL,
  parked_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (projection, sale_id)
);

-- When an order became visible in the legacy tables, for the lag between the two.
CREATE TABLE projection.projected_orders (
  sale_id text NOT NULL,
  order_number text NOT NULL,
  seq bigint NOT NULL,
  confirmed_at timestamptz NOT NULL,
  projected_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  lag_ms double precision GENERATED ALWAYS AS (extract(epoch FROM projected_at - confirmed_at) * 1000) STORED,
  PRIMARY KEY (sale_id, order_number)
);
