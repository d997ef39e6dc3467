-- How far the lists of payment providers were read, and what they have that no order knows of.
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA payments_read;

-- The row of a method is locked by the process that reads its provider's list.
CREATE TABLE payments_read.cursors (
  method text PRIMARY KEY,
  -- null: nothing was read yet
  cursor text,
  -- when its list was last read to the end
  read_at timestamptz NOT NULL DEFAULT now()
);

-- kind: captured, failed, refunded, refund-failed; subject: the provider's id of the payment, or ours of the refund.
-- told: what selling said of it, `unknown` or `refused`.
CREATE TABLE payments_read.unmatched (
  unmatched_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  method text NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL,
  report jsonb NOT NULL,
  told text NOT NULL,
  first_at timestamptz NOT NULL DEFAULT now(),
  last_at timestamptz NOT NULL DEFAULT now(),
  -- an operator has dealt with it
  dismissed_at timestamptz,
  UNIQUE (method, kind, subject)
);
CREATE INDEX unmatched_open ON payments_read.unmatched (method, last_at) WHERE dismissed_at IS NULL;
