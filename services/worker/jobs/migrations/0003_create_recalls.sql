-- Shows that were cancelled or moved, and what becomes of each of their orders.
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA recalls;

-- The row of a sale is the last one of it. moved: buyers are asked until answer_by; who does not answer keeps the tickets.
CREATE TABLE recalls.recalls (
  sale_id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('cancelled', 'moved')),
  places text NOT NULL CHECK (places IN ('return', 'block')),
  refund text NOT NULL CHECK (refund IN ('all', 'withoutFees', 'none')),
  reason text NOT NULL,
  new_date timestamptz,
  answer_by timestamptz,
  orders_per_second integer NOT NULL CHECK (orders_per_second > 0),
  state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'paused', 'done')),
  started_at timestamptz NOT NULL DEFAULT now(),
  done_at timestamptz,
  CHECK ((kind = 'moved') = (new_date IS NOT NULL AND answer_by IS NOT NULL))
);

-- to_ask, asked, kept: of a moved show; to_cancel, cancelled, refused: its tickets go back, or cannot. detail: why.
CREATE TABLE recalls.orders (
  sale_id text NOT NULL REFERENCES recalls.recalls ON DELETE CASCADE,
  order_number text NOT NULL,
  state text NOT NULL CHECK (state IN ('to_ask', 'asked', 'kept', 'to_cancel', 'cancelled', 'refused')),
  -- in the link that the buyer gets
  token text NOT NULL UNIQUE,
  detail text NOT NULL DEFAULT '',
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (sale_id, order_number)
);
CREATE INDEX orders_to_do ON recalls.orders (sale_id, order_number) WHERE state IN ('to_ask', 'to_cancel');
