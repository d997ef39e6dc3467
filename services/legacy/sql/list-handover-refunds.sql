-- As list-handovers.sql.
SELECT * FROM handover_refunds
WHERE (change_xid, change_no) > ($1::text::xid8, $2::bigint)
  AND change_xid < pg_snapshot_xmin(pg_current_snapshot()) AND changed_at >= $3
ORDER BY change_xid, change_no LIMIT $4
