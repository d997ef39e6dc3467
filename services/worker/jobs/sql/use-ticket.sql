-- $1 ticket, $2 sale, $3 Idempotency-Key, $4 gate. The ticket, and whether this was its first use; the order stays as
-- it is until the use is written.
WITH ticket AS (
  SELECT t.number, t.holder, o.status, s.slug, s.name AS show_name, a.name AS area_name, seat.row_label, seat.label,
    l.ticket_type
  FROM tickets t
  JOIN order_lines l ON l.id = t.order_line_id
  JOIN orders o ON o.id = l.order_id
  JOIN shows s ON s.id = o.show_id
  JOIN areas a ON a.id = l.area_id
  LEFT JOIN seats seat ON seat.id = t.seat_id
  WHERE t.number = $1
  FOR SHARE OF o
), used AS (
  INSERT INTO ticketing.uses (ticket_number, scan_key, gate)
  SELECT number, $3, $4 FROM ticket WHERE status = 'confirmed' AND slug = $2
  ON CONFLICT DO NOTHING
  RETURNING used_at
)
SELECT number AS "ticketId", holder, status, slug AS "saleId", show_name AS "showName", area_name AS "areaName",
  row_label AS "rowLabel", label AS "seatLabel", ticket_type AS "ticketType", used.used_at AS "usedAt"
FROM ticket LEFT JOIN used ON true
