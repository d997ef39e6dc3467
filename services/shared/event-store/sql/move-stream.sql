-- Stream $1 has come to seq $2, the event $3 with the digest $4
UPDATE event_store.stream_heads SET seq = $2, id = $3, digest = $4 WHERE stream = $1
