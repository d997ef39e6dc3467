-- $1, $2 the cursor, $3 changed since, $4 a status or NULL, $5 rows at most.
SELECT r.* FROM sandbox.refunds r
WHERE (r.change_xid, r.change_no) > ($1::text::xid8, $2::bigint)
  AND r.change_xid < pg_snapshot_xmin(pg_current_snapshot())
  AND r.changed_at >= $3 AND ($4::text IS NULL OR r.status = $4)
ORDER BY r.change_xid, r.change_no LIMIT $5
