-- Orders of onsale that this checkout takes the money for, by any of its methods, and what it gave back (docs/handover.md).
SET LOCAL lock_timeout = '5s';

-- The place of a change in the lists is (change_xid, change_no): by the transaction that made it, so that whoever reads
-- only what is older than every running transaction passes nothing by.
CREATE SEQUENCE handover_changes;

-- tell_at: when onsale is to be told of the decision, or told again; null: there is none, or it was taken.
CREATE TABLE handovers (
  handover_id text PRIMARY KEY,
  reference text NOT NULL UNIQUE,
  status text NOT NULL DEFAULT 'requires_action'
    CHECK (status IN ('requires_action', 'captured', 'declined', 'expired', 'canceled')),
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  captured_minor bigint NOT NULL DEFAULT 0 CHECK (captured_minor IN (0, amount_minor)),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  payment_method text,
  return_url text NOT NULL,
  webhook_url text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  tell_at timestamptz,
  tell_count integer NOT NULL DEFAULT 0,
  change_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  change_no bigint NOT NULL DEFAULT nextval('handover_changes')
) WITH (fillfactor = 70);
CREATE INDEX handovers_by_change ON handovers (change_xid, change_no);
CREATE INDEX handovers_to_expire ON handovers (expires_at) WHERE status = 'requires_action';
CREATE INDEX handovers_to_tell ON handovers (tell_at) WHERE tell_at IS NOT NULL;

-- Money that was given back: at the desk, so it is done when it stands here.
CREATE TABLE handover_refunds (
  refund_key text PRIMARY KEY,
  handover_id text NOT NULL REFERENCES handovers,
  reference text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  currency text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  change_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  change_no bigint NOT NULL DEFAULT nextval('handover_changes')
);
CREATE INDEX handover_refunds_by_change ON handover_refunds (change_xid, change_no);
CREATE INDEX handover_refunds_by_handover ON handover_refunds (handover_id);
