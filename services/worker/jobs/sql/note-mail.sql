-- $1 key, $2 Message-ID
INSERT INTO ticketing.mails (key, message_id) VALUES ($1, $2) ON CONFLICT DO NOTHING
