-- A digest of every row that selling may change.
SELECT md5(concat_ws('|',
  (SELECT string_agg(a::text, ',' ORDER BY id) FROM areas a),
  (SELECT string_agg(s::text, ',' ORDER BY id) FROM seats s WHERE status <> 'free'),
  (SELECT string_agg(c::text, ',' ORDER BY id) FROM carts c),
  (SELECT string_agg(l::text, ',' ORDER BY id) FROM cart_lines l),
  (SELECT string_agg(o::text, ',' ORDER BY id) FROM orders o),
  (SELECT string_agg(t::text, ',' ORDER BY id) FROM tickets t),
  (SELECT string_agg(p::text, ',' ORDER BY id) FROM payments p))) AS snapshot;
