-- $1 order
SELECT pdf FROM ticketing.documents WHERE order_number = $1
