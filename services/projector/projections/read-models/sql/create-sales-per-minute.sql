-- minute: the one in which the orders were confirmed. Minutes without an order have no row.
CREATE TABLE read_models.sales_per_minute_v1 (
  sale_id text NOT NULL,
  minute timestamptz NOT NULL,
  orders integer NOT NULL CHECK (orders > 0),
  tickets integer NOT NULL CHECK (tickets > 0),
  revenue_minor bigint NOT NULL CHECK (revenue_minor >= 0),
  currency text NOT NULL,
  PRIMARY KEY (sale_id, minute)
) WITH (fillfactor = 50)
