-- $1 sale, $2 currency, then one row each: $3 category, $4 area, $5 ticket type, $6 tickets, $7 revenue, $8 fees
INSERT INTO read_models.revenue_by_category_v2 AS sold
  (sale_id, currency, category_id, area_id, ticket_type, tickets, revenue_minor, fees_minor)
SELECT $1, $2, added.*
FROM unnest($3::text[], $4::text[], $5::text[], $6::integer[], $7::bigint[], $8::bigint[]) AS added
ON CONFLICT (sale_id, category_id, area_id, ticket_type) DO UPDATE SET
  tickets = sold.tickets + excluded.tickets,
  revenue_minor = sold.revenue_minor + excluded.revenue_minor,
  fees_minor = sold.fees_minor + excluded.fees_minor
