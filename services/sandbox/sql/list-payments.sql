-- $1, $2 the cursor, $3 changed since, $4 a status or NULL, $5 rows at most.
SELECT p.*, (SELECT coalesce(sum(r.amount_minor), 0)::bigint FROM sandbox.refunds r
  WHERE r.payment_id = p.payment_id AND r.status <> 'failed') AS refunded_minor
FROM sandbox.payments p
WHERE (p.change_xid, p.change_no) > ($1::text::xid8, $2::bigint)
  AND p.change_xid < pg_snapshot_xmin(pg_current_snapshot())
  AND p.changed_at >= $3 AND ($4::text IS NULL OR p.status = $4)
ORDER BY p.change_xid, p.change_no LIMIT $5
