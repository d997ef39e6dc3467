-- $1 id
UPDATE payments_read.unmatched SET dismissed_at = now() WHERE unmatched_id = $1 AND dismissed_at IS NULL
RETURNING method, kind, subject, report -> 'reference' ->> 'saleId' AS "saleId"
