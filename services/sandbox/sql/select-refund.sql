SELECT r.* FROM sandbox.refunds r WHERE r.refund_id = $1
