UPDATE recalls.orders o SET state = 'kept', detail = 'no answer', changed_at = now()
FROM recalls.recalls r WHERE r.sale_id = $1 AND o.sale_id = $1 AND o.state = 'asked' AND r.answer_by <= now()
