-- What a sale has sold so far: confirmed orders, with fees and taxes in the revenue.
CREATE TABLE read_models.sale_totals_v1 (
  sale_id text PRIMARY KEY,
  orders integer NOT NULL CHECK (orders > 0),
  tickets integer NOT NULL CHECK (tickets > 0),
  revenue_minor bigint NOT NULL CHECK (revenue_minor >= 0),
  currency text NOT NULL,
  first_order_at timestamptz NOT NULL,
  last_order_at timestamptz NOT NULL
) WITH (fillfactor = 50)
