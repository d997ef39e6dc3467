-- $1 sale, then one row each: $2 category, $3 area, $4 ticket type, $5 tickets that were cancelled, $6 revenue, $7 fees
UPDATE read_models.revenue_by_category_v2 sold SET
  tickets = sold.tickets - taken.tickets,
  revenue_minor = sold.revenue_minor - taken.revenue_minor,
  fees_minor = sold.fees_minor - taken.fees_minor
FROM unnest($2::text[], $3::text[], $4::text[], $5::integer[], $6::bigint[], $7::bigint[])
  AS taken (category_id, area_id, ticket_type, tickets, revenue_minor, fees_minor)
WHERE sold.sale_id = $1 AND sold.category_id = taken.category_id AND sold.area_id = taken.area_id
  AND sold.ticket_type = taken.ticket_type
