-- What the migrations amount to, for reading and for diffs; not run by anything.
-- Made by: DATABASE_URL=… node services/legacy/write-schema-main.ts

TABLE areas
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL
  show_id bigint NOT NULL
  code text NOT NULL
  name text NOT NULL
  kind text NOT NULL
  capacity integer NOT NULL
  held integer DEFAULT 0 NOT NULL
  sold integer DEFAULT 0 NOT NULL
  category_id bigint
  sort_order integer DEFAULT 0 NOT NULL
  blocked integer DEFAULT 0 NOT NULL
  CONSTRAINT areas_blocked_check CHECK ((blocked >= 0))
  CONSTRAINT areas_capacity_check CHECK ((capacity >= 0))
  CONSTRAINT areas_category_id_fkey FOREIGN KEY (category_id) REFERENCES price_categories(id)
  CONSTRAINT areas_held_check CHECK ((held >= 0))
  CONSTRAINT areas_id_show_id_key UNIQUE (id, show_id)
  CONSTRAINT areas_kind_check CHECK ((kind = ANY (ARRAY['seated'::text, 'general'::text])))
  CONSTRAINT areas_never_oversold CHECK ((((held + sold) + blocked) <= capacity))
  CONSTRAINT areas_pkey PRIMARY KEY (id)
  CONSTRAINT areas_show_id_code_key UNIQUE (show_id, code)
  CONSTRAINT areas_show_id_fkey FOREIGN KEY (show_id) REFERENCES shows(id)
  CONSTRAINT areas_sold_check CHECK ((sold >= 0))
  CREATE INDEX areas_by_category ON public.areas USING btree (category_id) WHERE (category_id IS NOT NULL)

TABLE cart_lines
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL
  cart_id uuid NOT NULL
  area_id bigint NOT NULL
  seat_id bigint
  ticket_type text NOT NULL
  quantity integer NOT NULL
  price_minor integer NOT NULL
  CONSTRAINT cart_lines_area_id_fkey FOREIGN KEY (area_id) REFERENCES areas(id)
  CONSTRAINT cart_lines_cart_id_fkey FOREIGN KEY (cart_id) REFERENCES carts(id) ON DELETE CASCADE
  CONSTRAINT cart_lines_one_seat_one_ticket CHECK (((seat_id IS NULL) OR (quantity = 1)))
  CONSTRAINT cart_lines_pkey PRIMARY KEY (id)
  CONSTRAINT cart_lines_price_minor_check CHECK ((price_minor >= 0))
  CONSTRAINT cart_lines_quantity_check CHECK ((quantity > 0))
  CONSTRAINT cart_lines_seat_id_fkey FOREIGN KEY (seat_id) REFERENCES seats(id)
  CREATE INDEX cart_lines_by_cart ON public.cart_lines USING btree (cart_id)
  CREATE UNIQUE INDEX cart_lines_one_cart_per_seat ON public.cart_lines USING btree (seat_id) WHERE (seat_id IS NOT NULL)

TABLE carts
  id uuid DEFAULT gen_random_uuid() NOT NULL
  show_id bigint NOT NULL
  buyer_ref text NOT NULL
  status text DEFAULT 'open'::text NOT NULL
  expires_at timestamp with time zone NOT NULL
  created_at timestamp with time zone DEFAULT now() NOT NULL
  CONSTRAINT carts_pkey PRIMARY KEY (id)
  CONSTRAINT carts_show_id_fkey FOREIGN KEY (show_id) REFERENCES shows(id)
  CONSTRAINT carts_status_check CHECK ((status = ANY (ARRAY['open'::text, 'released'::text, 'expired'::text, 'ordered'::text])))
  CREATE INDEX carts_by_show ON public.carts USING btree (show_id)
  CREATE INDEX carts_closed_by_expiry ON public.carts USING btree (expires_at) WHERE (status <> 'open'::text)
  CREATE INDEX carts_open_by_expiry ON public.carts USING btree (expires_at) WHERE (status = 'open'::text)

TABLE customers
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL
  name text NOT NULL
  email text NOT NULL
  words tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, translate(((name || ' '::text) || email), '@.-_+/:;,!?#$%&*=^`~|\<>()[]{}''"’‘“”«»‹›–—·'::text, repeat(' '::text, 60)))) STORED
  CONSTRAINT customers_pkey PRIMARY KEY (id)
  CREATE INDEX customers_by_words ON public.customers USING gin (words)

TABLE handover_refunds
  refund_key text NOT NULL
  handover_id text NOT NULL
  reference text NOT NULL
  amount_minor bigint NOT NULL
  currency text NOT NULL
  changed_at timestamp with time zone DEFAULT now() NOT NULL
  change_xid xid8 DEFAULT pg_current_xact_id() NOT NULL
  change_no bigint DEFAULT nextval('handover_changes'::regclass) NOT NULL
  CONSTRAINT handover_refunds_amount_minor_check CHECK ((amount_minor > 0))
  CONSTRAINT handover_refunds_handover_id_fkey FOREIGN KEY (handover_id) REFERENCES handovers(handover_id)
  CONSTRAINT handover_refunds_pkey PRIMARY KEY (refund_key)
  CREATE INDEX handover_refunds_by_change ON public.handover_refunds USING btree (change_xid, change_no)
  CREATE INDEX handover_refunds_by_handover ON public.handover_refunds USING btree (handover_id)

TABLE handovers
  handover_id text NOT NULL
  reference text NOT NULL
  status text DEFAULT 'requires_action'::text NOT NULL
  amount_minor bigint NOT NULL
  captured_minor bigint DEFAULT 0 NOT NULL
  currency text NOT NULL
  payment_method text
  return_url text NOT NULL
  webhook_url text NOT NULL
  created_at timestamp with time zone DEFAULT now() NOT NULL
  expires_at timestamp with time zone NOT NULL
  changed_at timestamp with time zone DEFAULT now() NOT NULL
  tell_at timestamp with time zone
  tell_count integer DEFAULT 0 NOT NULL
  change_xid xid8 DEFAULT pg_current_xact_id() NOT NULL
  change_no bigint DEFAULT nextval('handover_changes'::regclass) NOT NULL
  CONSTRAINT handovers_amount_minor_check CHECK ((amount_minor > 0))
  CONSTRAINT handovers_check CHECK (((captured_minor = 0) OR (captured_minor = amount_minor)))
  CONSTRAINT handovers_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
  CONSTRAINT handovers_pkey PRIMARY KEY (handover_id)
  CONSTRAINT handovers_reference_key UNIQUE (reference)
  CONSTRAINT handovers_status_check CHECK ((status = ANY (ARRAY['requires_action'::text, 'captured'::text, 'declined'::text, 'expired'::text, 'canceled'::text])))
  CREATE INDEX handovers_by_change ON public.handovers USING btree (change_xid, change_no)
  CREATE INDEX handovers_to_expire ON public.handovers USING btree (expires_at) WHERE (status = 'requires_action'::text)
  CREATE INDEX handovers_to_tell ON public.handovers USING btree (tell_at) WHERE (tell_at IS NOT NULL)

TABLE order_charges
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL
  order_id bigint NOT NULL
  order_line_id bigint
  kind text NOT NULL
  code text NOT NULL
  amount_minor bigint NOT NULL
  included boolean DEFAULT false NOT NULL
  CONSTRAINT order_charges_amount_minor_check CHECK ((amount_minor >= 0))
  CONSTRAINT order_charges_fees_are_added CHECK (((kind = 'tax'::text) OR (NOT included)))
  CONSTRAINT order_charges_kind_check CHECK ((kind = ANY (ARRAY['fee'::text, 'tax'::text])))
  CONSTRAINT order_charges_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id)
  CONSTRAINT order_charges_order_line_id_fkey FOREIGN KEY (order_line_id) REFERENCES order_lines(id)
  CONSTRAINT order_charges_pkey PRIMARY KEY (id)
  CONSTRAINT order_charges_taxes_of_the_whole CHECK (((kind = 'fee'::text) OR (order_line_id IS NULL)))
  CREATE INDEX order_charges_by_order ON public.order_charges USING btree (order_id)

TABLE order_lines
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL
  order_id bigint NOT NULL
  area_id bigint NOT NULL
  seat_id bigint
  ticket_type text NOT NULL
  quantity integer NOT NULL
  price_minor integer NOT NULL
  CONSTRAINT order_lines_area_id_fkey FOREIGN KEY (area_id) REFERENCES areas(id)
  CONSTRAINT order_lines_one_seat_one_ticket CHECK (((seat_id IS NULL) OR (quantity = 1)))
  CONSTRAINT order_lines_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id)
  CONSTRAINT order_lines_pkey PRIMARY KEY (id)
  CONSTRAINT order_lines_price_minor_check CHECK ((price_minor >= 0))
  CONSTRAINT order_lines_quantity_check CHECK ((quantity > 0))
  CONSTRAINT order_lines_seat_id_fkey FOREIGN KEY (seat_id) REFERENCES seats(id)
  CREATE INDEX order_lines_by_area ON public.order_lines USING btree (area_id)
  CREATE INDEX order_lines_by_order ON public.order_lines USING btree (order_id)

TABLE orders
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL
  number text NOT NULL
  show_id bigint NOT NULL
  customer_id bigint NOT NULL
  status text NOT NULL
  payment_method text NOT NULL
  total_minor bigint NOT NULL
  currency text NOT NULL
  created_at timestamp with time zone DEFAULT now() NOT NULL
  cart_id uuid
  CONSTRAINT orders_cart_id_key UNIQUE (cart_id)
  CONSTRAINT orders_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
  CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers(id)
  CONSTRAINT orders_number_key UNIQUE (number)
  CONSTRAINT orders_pkey PRIMARY KEY (id)
  CONSTRAINT orders_show_id_fkey FOREIGN KEY (show_id) REFERENCES shows(id)
  CONSTRAINT orders_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'confirmed'::text, 'failed'::text, 'cancelled'::text])))
  CONSTRAINT orders_total_minor_check CHECK ((total_minor >= 0))
  CREATE INDEX orders_by_customer ON public.orders USING btree (customer_id)
  CREATE INDEX orders_by_number_prefix ON public.orders USING btree (number text_pattern_ops)
  CREATE INDEX orders_by_show ON public.orders USING btree (show_id, id) INCLUDE (status, total_minor)
  CREATE INDEX orders_sold_here ON public.orders USING btree (show_id) INCLUDE (status, total_minor) WHERE (payment_method <> 'onsale'::text)

TABLE payments
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL
  order_id bigint NOT NULL
  method text NOT NULL
  amount_minor bigint NOT NULL
  currency text NOT NULL
  status text NOT NULL
  created_at timestamp with time zone DEFAULT now() NOT NULL
  CONSTRAINT payments_amount_minor_check CHECK ((amount_minor >= 0))
  CONSTRAINT payments_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
  CONSTRAINT payments_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id)
  CONSTRAINT payments_pkey PRIMARY KEY (id)
  CONSTRAINT payments_status_check CHECK ((status = ANY (ARRAY['open'::text, 'paid'::text, 'failed'::text, 'refunded'::text])))
  CREATE INDEX payments_by_order ON public.payments USING btree (order_id)

TABLE price_categories
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL
  show_id bigint NOT NULL
  code text NOT NULL
  name text NOT NULL
  CONSTRAINT price_categories_pkey PRIMARY KEY (id)
  CONSTRAINT price_categories_show_id_code_key UNIQUE (show_id, code)
  CONSTRAINT price_categories_show_id_fkey FOREIGN KEY (show_id) REFERENCES shows(id)

TABLE prices
  category_id bigint NOT NULL
  ticket_type text NOT NULL
  price_minor integer NOT NULL
  sort_order integer DEFAULT 0 NOT NULL
  CONSTRAINT prices_category_id_fkey FOREIGN KEY (category_id) REFERENCES price_categories(id) ON DELETE CASCADE
  CONSTRAINT prices_pkey PRIMARY KEY (category_id, ticket_type)
  CONSTRAINT prices_price_minor_check CHECK ((price_minor >= 0))

TABLE seats
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL
  show_id bigint NOT NULL
  area_id bigint NOT NULL
  code text NOT NULL
  row_label text NOT NULL
  label text NOT NULL
  x double precision NOT NULL
  y double precision NOT NULL
  sort_order integer NOT NULL
  segment integer DEFAULT 0 NOT NULL
  category_id bigint NOT NULL
  status text DEFAULT 'free'::text NOT NULL
  cart_id uuid
  CONSTRAINT seats_area_id_show_id_fkey FOREIGN KEY (area_id, show_id) REFERENCES areas(id, show_id)
  CONSTRAINT seats_cart FOREIGN KEY (cart_id) REFERENCES carts(id)
  CONSTRAINT seats_category_id_fkey FOREIGN KEY (category_id) REFERENCES price_categories(id)
  CONSTRAINT seats_in_a_cart_are_held CHECK (((cart_id IS NULL) OR (status = 'held'::text)))
  CONSTRAINT seats_pkey PRIMARY KEY (id)
  CONSTRAINT seats_show_id_code_key UNIQUE (show_id, code)
  CONSTRAINT seats_status_check CHECK ((status = ANY (ARRAY['free'::text, 'held'::text, 'sold'::text, 'blocked'::text])))
  CREATE INDEX seats_by_area ON public.seats USING btree (area_id, sort_order)
  CREATE INDEX seats_by_cart ON public.seats USING btree (cart_id) WHERE (cart_id IS NOT NULL)

TABLE shows
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL
  slug text NOT NULL
  venue_id bigint NOT NULL
  name text NOT NULL
  starts_at timestamp with time zone
  currency text NOT NULL
  sells_via text DEFAULT 'legacy'::text NOT NULL
  state text DEFAULT 'open'::text NOT NULL
  created_at timestamp with time zone DEFAULT now() NOT NULL
  CONSTRAINT shows_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
  CONSTRAINT shows_pkey PRIMARY KEY (id)
  CONSTRAINT shows_sells_via_check CHECK ((sells_via = ANY (ARRAY['legacy'::text, 'onsale'::text])))
  CONSTRAINT shows_slug_check CHECK ((slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text))
  CONSTRAINT shows_slug_key UNIQUE (slug)
  CONSTRAINT shows_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'open'::text, 'paused'::text, 'closed'::text, 'recovering'::text])))
  CONSTRAINT shows_venue_id_fkey FOREIGN KEY (venue_id) REFERENCES venues(id)
  CREATE INDEX shows_by_venue ON public.shows USING btree (venue_id)
  CREATE TRIGGER shows_switch_waits BEFORE UPDATE OF sells_via ON public.shows FOR EACH ROW WHEN ((old.sells_via IS DISTINCT FROM new.sells_via)) EXECUTE FUNCTION wait_for_sales_under_way()

TABLE tickets
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL
  order_line_id bigint NOT NULL
  number text NOT NULL
  code text NOT NULL
  seat_id bigint
  holder text
  CONSTRAINT tickets_code_key UNIQUE (code)
  CONSTRAINT tickets_number_key UNIQUE (number)
  CONSTRAINT tickets_order_line_id_fkey FOREIGN KEY (order_line_id) REFERENCES order_lines(id)
  CONSTRAINT tickets_pkey PRIMARY KEY (id)
  CONSTRAINT tickets_seat_id_fkey FOREIGN KEY (seat_id) REFERENCES seats(id)
  CREATE INDEX tickets_by_order_line ON public.tickets USING btree (order_line_id)
  CREATE UNIQUE INDEX tickets_one_per_seat ON public.tickets USING btree (seat_id) WHERE (seat_id IS NOT NULL)

TABLE venues
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL
  name text NOT NULL
  plan_name text
  CONSTRAINT venues_name_key UNIQUE (name)
  CONSTRAINT venues_pkey PRIMARY KEY (id)
