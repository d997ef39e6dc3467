SELECT coalesce(sum(amount_minor), 0)::bigint AS "refundedMinor" FROM handover_refunds WHERE handover_id = $1
