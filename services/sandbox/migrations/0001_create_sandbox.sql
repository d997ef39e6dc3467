-- The sandbox payment provider: payments, refunds, and what is to be told about them.
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA sandbox;

-- The place of a change in the lists is (change_xid, change_no): by the transaction that made it, so that whoever reads
-- only what is older than every running transaction passes nothing by.
CREATE SEQUENCE sandbox.changes;

-- outcome: what becomes of it; `ask`: its page asks a person. decide_at: when it does by itself. capture_at: the bank of
-- a slow one has decided by then.
CREATE TABLE sandbox.payments (
  payment_id text PRIMARY KEY,
  status text NOT NULL DEFAULT 'requires_action'
    CHECK (status IN ('requires_action', 'processing', 'captured', 'declined', 'expired', 'canceled')),
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  captured_minor bigint NOT NULL DEFAULT 0,
  currency text NOT NULL,
  reference text NOT NULL,
  return_url text NOT NULL,
  webhook_url text NOT NULL,
  outcome text NOT NULL,
  delay_ms integer NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  decide_at timestamptz,
  capture_at timestamptz,
  captured_at timestamptz,
  changed_at timestamptz NOT NULL,
  change_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  change_no bigint NOT NULL DEFAULT nextval('sandbox.changes')
) WITH (fillfactor = 70);
CREATE INDEX payments_by_change ON sandbox.payments (change_xid, change_no);
CREATE INDEX payments_due ON sandbox.payments (least(expires_at, decide_at)) WHERE status = 'requires_action';
CREATE INDEX payments_processing ON sandbox.payments (capture_at) WHERE status = 'processing';

-- settle_at, outcome: what becomes of a refund that is pending, and when.
CREATE TABLE sandbox.refunds (
  refund_id text PRIMARY KEY,
  payment_id text NOT NULL REFERENCES sandbox.payments,
  status text NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  currency text NOT NULL,
  reference text NOT NULL,
  outcome text NOT NULL,
  created_at timestamptz NOT NULL,
  settle_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  change_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  change_no bigint NOT NULL DEFAULT nextval('sandbox.changes')
);
CREATE INDEX refunds_by_change ON sandbox.refunds (change_xid, change_no);
CREATE INDEX refunds_by_payment ON sandbox.refunds (payment_id);
CREATE INDEX refunds_due ON sandbox.refunds (settle_at) WHERE status = 'pending';

-- What a request was answered, under its Idempotency-Key; in the transaction of what it did.
CREATE TABLE sandbox.answers (
  scope text NOT NULL,
  key text NOT NULL,
  digest text NOT NULL,
  answer jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, key)
);

-- Written in the transaction of what they tell. Those of one payment go out in the order of delivery_id; due_at of one
-- that is being sent is when somebody else may take it over.
CREATE TABLE sandbox.webhooks (
  delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  payment_id text NOT NULL REFERENCES sandbox.payments,
  message_id text NOT NULL,
  type text NOT NULL,
  url text NOT NULL,
  body text NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
  attempts integer NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL DEFAULT now(),
  first_attempt_at timestamptz,
  last_status integer,
  last_fault text
) WITH (fillfactor = 70);
CREATE INDEX webhooks_due ON sandbox.webhooks (due_at) WHERE state = 'pending';
CREATE INDEX webhooks_pending ON sandbox.webhooks (payment_id, delivery_id) WHERE state = 'pending';
CREATE INDEX webhooks_by_payment ON sandbox.webhooks (payment_id, delivery_id);

-- One row: how the provider was told to fail, and until when.
CREATE TABLE sandbox.outage (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  mode text NOT NULL CHECK (mode IN ('none', 'down', 'slow')),
  delay_ms integer NOT NULL,
  until_at timestamptz NOT NULL
);
INSERT INTO sandbox.outage (mode, delay_ms, until_at) VALUES ('none', 0, now());
