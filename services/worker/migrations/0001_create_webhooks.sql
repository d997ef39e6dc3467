-- Organiser webhooks: who wants which events, what is to be delivered, and what became of it.
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA webhooks;

-- The rule's memory: the last event of each sale that was accepted here. Moves in the transaction of the checkpoint.
CREATE TABLE webhooks.heads (
  sale_id text PRIMARY KEY,
  seq bigint NOT NULL,
  id text NOT NULL
) WITH (fillfactor = 50);

-- sale_ids, types: NULL is all of them.
-- secret_nonce: the secret is derived from it and WEBHOOK_SECRET, and is kept nowhere.
-- off_reason: why it was switched off by itself.
CREATE TABLE webhooks.subscriptions (
  webhook_id text PRIMARY KEY,
  url text NOT NULL,
  sale_ids text[],
  types text[],
  is_active boolean NOT NULL,
  off_reason text,
  secret_nonce text NOT NULL,
  old_secret_nonce text,
  old_secret_until timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now()
);

-- next_seq: the first event that is not in `deliveries` yet; beyond through_seq when all are.
CREATE TABLE webhooks.replays (
  replay_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  webhook_id text NOT NULL REFERENCES webhooks.subscriptions ON DELETE CASCADE,
  sale_id text NOT NULL,
  next_seq bigint NOT NULL,
  through_seq bigint NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX replays_by_webhook ON webhooks.replays (webhook_id);

-- replay_id: 0 for what came over the bus. body: what is sent; removed once it was delivered.
-- The unique key is what makes a stream that is read again harmless.
CREATE TABLE webhooks.deliveries (
  delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  webhook_id text NOT NULL REFERENCES webhooks.subscriptions ON DELETE CASCADE,
  sale_id text NOT NULL,
  replay_id bigint NOT NULL,
  seq bigint NOT NULL,
  event_id text NOT NULL,
  type text NOT NULL,
  body text,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
  attempts integer NOT NULL DEFAULT 0,
  last_status integer,
  last_fault text,
  first_attempt_at timestamptz,
  last_attempt_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (webhook_id, sale_id, event_id, replay_id)
);
CREATE INDEX deliveries_pending ON webhooks.deliveries (webhook_id, sale_id, replay_id, seq) WHERE state = 'pending';
CREATE INDEX deliveries_failing ON webhooks.deliveries (webhook_id, delivery_id)
  WHERE state = 'pending' AND attempts > 0;
CREATE INDEX deliveries_dead ON webhooks.deliveries (webhook_id, delivery_id) WHERE state = 'dead';
CREATE INDEX deliveries_by_webhook ON webhooks.deliveries (webhook_id, delivery_id);
CREATE INDEX deliveries_ended ON webhooks.deliveries (last_attempt_at) WHERE state = 'delivered';

-- One row per webhook, sale and replay that has something pending: what has an order is delivered by one process at a time.
-- epoch: one higher with each process that takes it; whoever has an older one writes nothing any more.
CREATE TABLE webhooks.lanes (
  webhook_id text NOT NULL REFERENCES webhooks.subscriptions ON DELETE CASCADE,
  sale_id text NOT NULL,
  replay_id bigint NOT NULL,
  due_at timestamptz NOT NULL DEFAULT now(),
  epoch bigint NOT NULL DEFAULT 0,
  leased_until timestamptz,
  PRIMARY KEY (webhook_id, sale_id, replay_id)
) WITH (fillfactor = 50);
CREATE INDEX lanes_due ON webhooks.lanes (due_at);
