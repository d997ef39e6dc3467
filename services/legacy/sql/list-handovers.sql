-- $1, $2 the cursor, $3 changed since, $4 rows at most. Nothing is shown while something older may come before it.
SELECT * FROM handovers
WHERE (change_xid, change_no) > ($1::text::xid8, $2::bigint)
  AND change_xid < pg_snapshot_xmin(pg_current_snapshot()) AND changed_at >= $3
ORDER BY change_xid, change_no LIMIT $4
