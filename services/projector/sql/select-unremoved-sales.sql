-- Sales whose events are to be gone and are not yet. What is kept: the types $1, and the last event.
SELECT head.sale_id AS "saleId", head.seq
FROM event_store.heads AS head
WHERE head.removed_at IS NOT NULL AND EXISTS (
  SELECT FROM event_store.events
  WHERE sale_id = head.sale_id AND seq < head.seq AND type <> ALL ($1::text[])
)
ORDER BY head.sale_id
