-- What a sale has sold so far: all orders that were confirmed, the tickets of them that hold, and what was paid
-- for them, with fees and taxes, less what is to be given back of it.
CREATE TABLE read_models.sale_totals_v2 (
  sale_id text PRIMARY KEY,
  orders integer NOT NULL CHECK (orders > 0),
  tickets integer NOT NULL CHECK (tickets >= 0),
  revenue_minor bigint NOT NULL CHECK (revenue_minor >= 0),
  currency text NOT NULL,
  first_order_at timestamptz NOT NULL,
  last_order_at timestamptz NOT NULL
) WITH (fillfactor = 50)
