-- $1 id, $2 what selling said
UPDATE payments_read.unmatched SET told = $2, last_at = now() WHERE unmatched_id = $1
