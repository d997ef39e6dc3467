-- $1 order number: where it belongs
SELECT s.slug AS "saleId" FROM orders o JOIN shows s ON s.id = o.show_id WHERE o.number = $1
