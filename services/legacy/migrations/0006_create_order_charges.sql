-- What an order costs beside its tickets, as it was sold: fees of a line or of the whole order (no line), and
-- the taxes of the whole order. total_minor of the order = its lines + its fees + its taxes that are not
-- included; an included tax is part of prices and fees and adds nothing.
SET LOCAL lock_timeout = '5s';

CREATE TABLE order_charges (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id bigint NOT NULL REFERENCES orders (id),
  order_line_id bigint REFERENCES order_lines (id),
  kind text NOT NULL CHECK (kind IN ('fee', 'tax')),
  code text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  included boolean NOT NULL DEFAULT false,
  CONSTRAINT order_charges_fees_are_added CHECK (kind = 'tax' OR NOT included),
  CONSTRAINT order_charges_taxes_of_the_whole CHECK (kind = 'fee' OR order_line_id IS NULL)
);
CREATE INDEX order_charges_by_order ON order_charges (order_id);
