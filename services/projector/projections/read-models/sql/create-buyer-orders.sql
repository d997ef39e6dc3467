CREATE TABLE read_models.buyer_orders_v1 (
  sale_id text NOT NULL,
  order_id text NOT NULL,
  buyer_id text NOT NULL,
  tickets integer NOT NULL CHECK (tickets > 0),
  total_minor bigint NOT NULL CHECK (total_minor >= 0),
  currency text NOT NULL,
  confirmed_at timestamptz NOT NULL,
  PRIMARY KEY (sale_id, order_id)
);
CREATE INDEX buyer_orders_v1_by_buyer ON read_models.buyer_orders_v1 (buyer_id, confirmed_at DESC)
