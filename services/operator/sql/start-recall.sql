-- $1 sale, $2 kind, $3 places, $4 refund, $5 reason, $6 new date, $7 answer by, $8 orders per second. One that is done gives
-- way to another.
INSERT INTO recalls.recalls AS r
  (sale_id, kind, places, refund, reason, new_date, answer_by, orders_per_second)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (sale_id) DO UPDATE SET kind = excluded.kind, places = excluded.places, refund = excluded.refund,
  reason = excluded.reason, new_date = excluded.new_date, answer_by = excluded.answer_by,
  orders_per_second = excluded.orders_per_second, state = 'running', started_at = now(), done_at = NULL
WHERE r.state = 'done'
