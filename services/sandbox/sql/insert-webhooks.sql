-- $1 rows of webhooks, in the order in which they go out.
INSERT INTO sandbox.webhooks (payment_id, message_id, type, url, body)
SELECT w->>'payment_id', w->>'message_id', w->>'type', w->>'url', w->>'body'
FROM jsonb_array_elements($1) WITH ORDINALITY AS n (w, place) ORDER BY place
