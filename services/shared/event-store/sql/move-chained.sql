-- $3 digest of the event at $2; NULL leaves the one there is
UPDATE event_store.heads SET chained_seq = $2, digest = coalesce($3, digest) WHERE sale_id = $1
