-- $1 stream, $2 the event as JSON
SELECT outbox.write_event($1, $2)
