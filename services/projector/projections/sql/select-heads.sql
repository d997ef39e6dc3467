-- $1 sales; NULL: all
SELECT sale_id, seq, removed_at IS NOT NULL AS removed FROM event_store.heads
WHERE $1::text[] IS NULL OR sale_id = ANY ($1::text[])
