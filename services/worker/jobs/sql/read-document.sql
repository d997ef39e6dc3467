-- $1 order; none of one that does not hold any more
SELECT d.pdf FROM ticketing.documents d JOIN orders o ON o.number = d.order_number
WHERE d.order_number = $1 AND o.status = 'confirmed'
