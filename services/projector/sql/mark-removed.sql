-- $1 sale, $2 the seq that its head had
UPDATE event_store.heads SET removed_at = now() WHERE sale_id = $1 AND seq = $2 AND removed_at IS NULL
