-- $1 show, $2 number of an order, which is cancelled once it has no ticket left
UPDATE orders o SET status = 'cancelled'
WHERE o.show_id = $1 AND o.number = $2 AND NOT EXISTS (
  SELECT FROM order_lines line JOIN tickets ticket ON ticket.order_line_id = line.id WHERE line.order_id = o.id)
