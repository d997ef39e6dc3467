-- Which of the ids $2 the stream with the key $1 has
SELECT id FROM event_store.events WHERE sale_id = $1 AND id = ANY ($2::text[])
