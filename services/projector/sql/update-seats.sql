-- $1 show, then one row per seat: $2 code, $3 status it has, $4 status it gets. A seat in another status than
-- expected is not touched, and the count of rows tells.
UPDATE seats seat SET status = change.after
FROM unnest($2::text[], $3::text[], $4::text[]) AS change (code, before, after)
WHERE seat.show_id = $1 AND seat.code = change.code AND seat.status = change.before
