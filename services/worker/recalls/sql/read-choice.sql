SELECT o.sale_id AS "saleId", o.order_number AS "orderId", o.state, r.new_date AS "newDate",
  r.answer_by AS "answerBy", r.reason, r.answer_by > now() AND r.kind = 'moved' AS "isOpen", s.name AS "showName"
FROM recalls.orders o JOIN recalls.recalls r USING (sale_id) JOIN shows s ON s.slug = o.sale_id
WHERE o.token = $1
