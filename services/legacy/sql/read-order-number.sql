-- $1 cart id.
SELECT number FROM orders WHERE cart_id = $1;
