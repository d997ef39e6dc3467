SELECT * FROM handover_refunds WHERE refund_key = $1
