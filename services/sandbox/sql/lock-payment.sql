SELECT p.* FROM sandbox.payments p WHERE p.payment_id = $1 FOR UPDATE
