-- $1 sales, $2 the ids of events of theirs, pair by pair
SELECT known.sale_id, known.id
FROM unnest($1::text[], $2::text[]) AS asked (sale_id, id)
JOIN event_store.events AS known ON known.sale_id = asked.sale_id AND known.id = asked.id
