-- $1 a buyer whose keys are erased. What stands in rows that were written with them.
WITH erased AS (
  SELECT o.id, o.customer_id, o.number FROM orders o
  WHERE o.number IN (SELECT order_id FROM projection.contact_keys WHERE buyer_id = $1)
), customers_erased AS (
  UPDATE customers c SET name = '', email = '' FROM erased
  WHERE c.id = erased.customer_id AND (c.name, c.email) <> ('', '') RETURNING 1
), tickets_erased AS (
  UPDATE tickets t SET holder = NULL FROM order_lines l JOIN erased ON l.order_id = erased.id
  WHERE t.order_line_id = l.id AND t.holder IS NOT NULL RETURNING 1
), documents_erased AS (
  DELETE FROM ticketing.documents d USING erased WHERE d.order_number = erased.number RETURNING 1
)
SELECT (SELECT count(*) FROM erased)::integer AS orders,
  (SELECT count(*) FROM customers_erased)::integer AS customers,
  (SELECT count(*) FROM tickets_erased)::integer AS tickets,
  (SELECT count(*) FROM documents_erased)::integer AS documents
