-- Keys of contacts that came while the legacy database was away: they wait here, apart from the events, and go as soon as
-- it has them (projection.contact_keys).
SET LOCAL lock_timeout = '5s';

CREATE TABLE event_store.passing_keys (
  iv text PRIMARY KEY,
  encrypted_key text NOT NULL,
  sale_id text,
  order_id text,
  buyer_id text
);
