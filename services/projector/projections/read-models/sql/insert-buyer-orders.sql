-- $1 sale, then one row per order: $2 id, $3 buyer, $4 tickets, $5 total, $6 currency, $7 time
INSERT INTO read_models.buyer_orders_v2
  (sale_id, order_id, buyer_id, tickets, total_minor, currency, confirmed_at)
SELECT $1, added.*
FROM unnest($2::text[], $3::text[], $4::integer[], $5::bigint[], $6::text[], $7::timestamptz[]) AS added
