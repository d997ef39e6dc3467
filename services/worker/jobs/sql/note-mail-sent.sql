-- $1 key
UPDATE ticketing.mails SET sent_at = clock_timestamp() WHERE key = $1
