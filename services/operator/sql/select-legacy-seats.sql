-- $1 show
SELECT seat.code, seat.status FROM seats seat
JOIN shows show ON show.id = seat.show_id WHERE show.slug = $1
