-- $1 show, $2 number of the order, $3 numbers of its tickets that are cancelled: nobody gets in with one, and
-- its seat can have another
DELETE FROM tickets ticket USING order_lines line, orders o
WHERE o.show_id = $1 AND o.number = $2 AND line.order_id = o.id AND ticket.order_line_id = line.id
  AND ticket.number = ANY ($3::text[])
