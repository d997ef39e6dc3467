-- $1 token, $2 state. Once, and in time; before the mail was noted as sent as well.
UPDATE recalls.orders o SET state = $2, detail = 'the buyer''s choice', changed_at = now()
FROM recalls.recalls r WHERE r.sale_id = o.sale_id AND o.token = $1 AND o.state IN ('to_ask', 'asked')
  AND r.kind = 'moved' AND r.answer_by > now()
