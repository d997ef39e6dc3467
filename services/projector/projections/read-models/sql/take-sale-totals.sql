-- $1 sale, $2 tickets that were cancelled, $3 money that is to be given back
UPDATE read_models.sale_totals_v2 SET tickets = tickets - $2::integer, revenue_minor = revenue_minor - $3::bigint
WHERE sale_id = $1
