SELECT count(*)::int AS mails FROM ticketing.mails WHERE sent_at IS NOT NULL
