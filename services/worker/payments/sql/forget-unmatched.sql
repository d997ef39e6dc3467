-- $1 id: the log has it now
DELETE FROM payments_read.unmatched WHERE unmatched_id = $1
