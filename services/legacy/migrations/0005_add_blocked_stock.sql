-- Stock that an operator has taken off sale for a while: neither free nor held nor sold, and it comes back as
-- free. Only onsale blocks; the row-locking way of selling leaves blocked stock alone.
SET LOCAL lock_timeout = '5s';

ALTER TABLE areas ADD COLUMN blocked integer NOT NULL DEFAULT 0 CHECK (blocked >= 0);
ALTER TABLE areas DROP CONSTRAINT areas_never_oversold;
ALTER TABLE areas ADD CONSTRAINT areas_never_oversold CHECK (held + sold + blocked <= capacity);

ALTER TABLE seats DROP CONSTRAINT seats_status_check;
ALTER TABLE seats ADD CONSTRAINT seats_status_check CHECK (status IN ('free', 'held', 'sold', 'blocked'));
