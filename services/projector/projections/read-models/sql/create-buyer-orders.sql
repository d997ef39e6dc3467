-- Orders that were confirmed: how many of their tickets hold, and what was paid less what is to be given back.
CREATE TABLE read_models.buyer_orders_v2 (
  sale_id text NOT NULL,
  order_id text NOT NULL,
  buyer_id text NOT NULL,
  tickets integer NOT NULL CHECK (tickets >= 0),
  total_minor bigint NOT NULL CHECK (total_minor >= 0),
  currency text NOT NULL,
  confirmed_at timestamptz NOT NULL,
  PRIMARY KEY (sale_id, order_id)
);
CREATE INDEX buyer_orders_v2_by_buyer ON read_models.buyer_orders_v2 (buyer_id, confirmed_at DESC)
