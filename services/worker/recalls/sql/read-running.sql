SELECT sale_id AS "saleId", kind, places, refund, reason, new_date AS "newDate", answer_by AS "answerBy",
  orders_per_second AS "ordersPerSecond", started_at AS "startedAt"
FROM recalls.recalls WHERE sale_id = $1 AND state = 'running'
