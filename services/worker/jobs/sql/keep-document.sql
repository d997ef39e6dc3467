-- $1 order, $2 sale, $3 PDF, $4 tickets. An order only ever loses tickets: one that was read earlier comes too late.
INSERT INTO ticketing.documents (order_number, sale_id, pdf, ticket_count) VALUES ($1, $2, $3, $4)
ON CONFLICT (order_number) DO UPDATE SET pdf = excluded.pdf, ticket_count = excluded.ticket_count, made_at = now()
WHERE excluded.ticket_count <= ticketing.documents.ticket_count
