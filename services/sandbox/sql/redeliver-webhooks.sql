-- Every message about a payment once more, as it was, in its order.
INSERT INTO sandbox.webhooks (payment_id, message_id, type, url, body)
SELECT payment_id, message_id, type, url, body FROM (
  SELECT DISTINCT ON (message_id) * FROM sandbox.webhooks WHERE payment_id = $1 ORDER BY message_id, delivery_id
) first ORDER BY delivery_id
