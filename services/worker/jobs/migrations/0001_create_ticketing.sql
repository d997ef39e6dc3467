-- What the jobs of orders leave behind, in the database of the orders.
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA ticketing;

-- The tickets of an order as one PDF. It says nothing that the order does not, and can be made anew.
CREATE TABLE ticketing.documents (
  order_number text PRIMARY KEY,
  sale_id text NOT NULL,
  pdf bytea NOT NULL,
  ticket_count integer NOT NULL,
  made_at timestamptz NOT NULL DEFAULT now()
);
-- A PDF is compressed in itself.
ALTER TABLE ticketing.documents ALTER COLUMN pdf SET STORAGE EXTERNAL;

-- A row per mail, by what it is about; sent_at: it was taken by the mail server, or lies in the mailbox. The row is
-- locked while the mail is under way.
CREATE TABLE ticketing.mails (
  key text PRIMARY KEY,
  message_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  sent_at timestamptz
);

-- The first use of each ticket at a door, and the Idempotency-Key of the scan that it was.
CREATE TABLE ticketing.uses (
  ticket_number text PRIMARY KEY,
  scan_key text NOT NULL,
  gate text,
  used_at timestamptz NOT NULL DEFAULT now()
);

-- Who works on jobs and lives. Jobs that somebody else has locked go back to the queue.
CREATE TABLE ticketing.job_workers (
  pool_id text PRIMARY KEY,
  seen_at timestamptz NOT NULL
) WITH (fillfactor = 50);
