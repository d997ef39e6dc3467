-- The keys of sealed contacts, each of one order, wrapped with CONTACT_KEY; the log has the contacts without them. A
-- key that is NULL was erased for good: the row stays, so that the same key is not taken again from a record that is
-- read once more. A version before this one ignores the table.
SET LOCAL lock_timeout = '5s';

CREATE TABLE projection.contact_keys (
  -- of the sealed contact, base64url
  iv text PRIMARY KEY,
  encrypted_key text,
  -- null as long as nobody could read whose it is
  sale_id text,
  order_id text,
  buyer_id text,
  erased_at timestamptz,
  CHECK ((encrypted_key IS NULL) = (erased_at IS NOT NULL))
);
CREATE INDEX contact_keys_by_buyer ON projection.contact_keys (buyer_id);
