-- $1 ticket
SELECT scan_key AS "scanKey", gate, used_at AS "usedAt" FROM ticketing.uses WHERE ticket_number = $1
