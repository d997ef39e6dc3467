-- $1 method, $2 kind, $3 subject, $4 report, $5 what selling said
INSERT INTO payments_read.unmatched (method, kind, subject, report, told) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (method, kind, subject) DO UPDATE SET report = excluded.report, told = excluded.told, last_at = now()
