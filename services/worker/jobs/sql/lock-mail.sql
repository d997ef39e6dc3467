-- $1 key
SELECT message_id AS "messageId", sent_at AS "sentAt" FROM ticketing.mails WHERE key = $1 FOR UPDATE
