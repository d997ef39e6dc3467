-- Of shows that are worked on, or were within the hour.
SELECT o.sale_id AS "saleId", o.state, count(*)::integer AS orders
FROM recalls.orders o JOIN recalls.recalls r USING (sale_id)
WHERE r.state <> 'done' OR r.done_at > now() - interval '1 hour'
GROUP BY o.sale_id, o.state
