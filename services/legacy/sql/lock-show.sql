-- $1 slug. Shared by all sales of a show under way; a switch to the other way of selling takes it alone
-- (trigger shows_switch_waits). A statement of its own: what is read next must see the state after the wait.
SELECT pg_advisory_xact_lock_shared(hashtextextended('selling ' || $1::text, 0));
