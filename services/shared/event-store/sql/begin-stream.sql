-- $1 a stream that may be new, $2 the digest before its first event. Undone with the transaction when that appends nothing
-- for a reason.
INSERT INTO event_store.stream_heads (stream, seq, id, digest) VALUES ($1, 0, '0', $2) ON CONFLICT (stream) DO NOTHING
