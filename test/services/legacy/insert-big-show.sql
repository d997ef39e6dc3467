-- A show of 20,000 seats of which 16,000 are sold over the bus in 8,000 orders, beside 60 shows with 100 orders each that
-- were sold the old way: rows as the projections write them.
INSERT INTO venues (name) VALUES ('Arena');
INSERT INTO shows (slug, venue_id, name, currency, sells_via)
SELECT CASE n WHEN 0 THEN 'big' ELSE 'small-' || n END, (SELECT id FROM venues WHERE name = 'Arena'), 'Show ' || n,
  'EUR', CASE n WHEN 0 THEN 'onsale' ELSE 'legacy' END
FROM generate_series(0, 60) AS n;
INSERT INTO price_categories (show_id, code, name) SELECT id, 'c', 'Seat' FROM shows;
INSERT INTO prices (category_id, ticket_type, price_minor) SELECT id, 'adult', 4500 FROM price_categories;
INSERT INTO areas (show_id, code, name, kind, capacity, sold, sort_order)
SELECT s.id, 'block-' || n, 'Block ' || n, 'seated', 1000, CASE s.slug WHEN 'big' THEN 800 ELSE 5 END, n
FROM shows s CROSS JOIN generate_series(0, 19) AS n;
INSERT INTO seats (show_id, area_id, code, row_label, label, x, y, sort_order, category_id, status)
SELECT s.id, a.id, a.code || '-' || n, 'A', n, n, 0, n, c.id, CASE WHEN n < 800 THEN 'sold' ELSE 'free' END
FROM shows s JOIN areas a ON a.show_id = s.id JOIN price_categories c ON c.show_id = s.id
CROSS JOIN generate_series(0, 999) AS n WHERE s.slug = 'big';

INSERT INTO customers (name, email)
SELECT 'Buyer ' || n, 'buyer-' || n || '@example.org' FROM generate_series(1, 14000) AS n;
INSERT INTO orders (number, show_id, customer_id, status, payment_method, total_minor, currency)
SELECT 'o_' || row_number() OVER (), s.id, (SELECT min(id) FROM customers) + row_number() OVER () - 1, 'confirmed',
  CASE s.slug WHEN 'big' THEN 'onsale' ELSE 'card' END, 9000, 'EUR'
FROM shows s CROSS JOIN LATERAL generate_series(1, CASE s.slug WHEN 'big' THEN 8000 ELSE 100 END) AS n;
ANALYZE;
INSERT INTO payments (order_id, method, amount_minor, currency, status)
SELECT id, payment_method, total_minor, currency, 'paid' FROM orders;
INSERT INTO order_lines (order_id, area_id, seat_id, ticket_type, quantity, price_minor)
SELECT o.id, seat.area_id, seat.id, 'adult', 1, 4500
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM orders WHERE payment_method = 'onsale') o
JOIN (SELECT id, area_id, row_number() OVER (ORDER BY id) AS n FROM seats WHERE status = 'sold') seat
  ON (seat.n + 1) / 2 = o.n;
INSERT INTO order_lines (order_id, area_id, ticket_type, quantity, price_minor)
SELECT o.id, a.id, 'adult', 1, 9000 FROM orders o
JOIN LATERAL (SELECT id FROM areas WHERE show_id = o.show_id ORDER BY id LIMIT 1) a ON true
WHERE o.payment_method = 'card';
INSERT INTO tickets (order_line_id, number, code, seat_id) SELECT id, 't_' || id, 'code-' || id, seat_id FROM order_lines;
INSERT INTO order_charges (order_id, kind, code, amount_minor) SELECT id, 'fee', 'service', 0 FROM orders;

INSERT INTO read_models.sale_totals_v2
SELECT 'big', count(*), count(*) * 2, sum(total_minor), 'EUR', now(), now() FROM orders WHERE payment_method = 'onsale';
INSERT INTO read_models.revenue_by_category_v2
SELECT 'big', 'c', 'block-' || n, 'adult', 800, 800 * 4500, 0, 'EUR' FROM generate_series(0, 19) AS n;
-- Other sales have been here before.
INSERT INTO read_models.sales_per_minute_v1
SELECT sale, timestamptz '2026-12-01' + n * interval '1 minute', 6, 12, 54000, 'EUR'
FROM (VALUES ('big'), ('old-1'), ('old-2'), ('old-3')) AS sales (sale) CROSS JOIN generate_series(1, 1300) AS n;
INSERT INTO read_models.buyer_orders_v2
SELECT 'big', number, 'b_' || id % 4000, 2, total_minor, 'EUR', created_at FROM orders WHERE payment_method = 'onsale';
-- As autovacuum does soon after: the index of customers' words has a list of what is not in it yet.
VACUUM ANALYZE;
