-- Who bought what. A seat has one ticket at most (tickets_one_per_seat), so a seat sold twice cannot be
-- written.
SET LOCAL lock_timeout = '5s';

CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL
);

CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  number text NOT NULL UNIQUE,
  show_id bigint NOT NULL REFERENCES shows (id),
  customer_id bigint NOT NULL REFERENCES customers (id),
  status text NOT NULL CHECK (status IN ('pending', 'confirmed', 'failed', 'cancelled')),
  payment_method text NOT NULL,
  total_minor bigint NOT NULL CHECK (total_minor >= 0),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX orders_by_show ON orders (show_id, id) INCLUDE (status, total_minor);
CREATE INDEX orders_by_customer ON orders (customer_id);

CREATE TABLE order_lines (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id bigint NOT NULL REFERENCES orders (id),
  area_id bigint NOT NULL REFERENCES areas (id),
  seat_id bigint REFERENCES seats (id),
  ticket_type text NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  price_minor integer NOT NULL CHECK (price_minor >= 0),
  CONSTRAINT order_lines_one_seat_one_ticket CHECK (seat_id IS NULL OR quantity = 1)
);
CREATE INDEX order_lines_by_order ON order_lines (order_id);
CREATE INDEX order_lines_by_area ON order_lines (area_id);

CREATE TABLE tickets (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_line_id bigint NOT NULL REFERENCES order_lines (id),
  number text NOT NULL UNIQUE,
  code text NOT NULL UNIQUE,
  seat_id bigint REFERENCES seats (id),
  holder text
);
CREATE INDEX tickets_by_order_line ON tickets (order_line_id);
CREATE UNIQUE INDEX tickets_one_per_seat ON tickets (seat_id) WHERE seat_id IS NOT NULL;

CREATE TABLE payments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id bigint NOT NULL REFERENCES orders (id),
  method text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  status text NOT NULL CHECK (status IN ('open', 'paid', 'failed', 'refunded')),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX payments_by_order ON payments (order_id);
