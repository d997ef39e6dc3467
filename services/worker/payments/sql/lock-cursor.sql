-- $1 method. No row while another process reads it.
SELECT cursor FROM payments_read.cursors WHERE method = $1 FOR UPDATE SKIP LOCKED
