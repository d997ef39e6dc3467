-- $1 order, $2 sale, $3 PDF, $4 tickets
INSERT INTO ticketing.documents (order_number, sale_id, pdf, ticket_count) VALUES ($1, $2, $3, $4)
ON CONFLICT (order_number) DO UPDATE SET pdf = excluded.pdf, ticket_count = excluded.ticket_count, made_at = now()
