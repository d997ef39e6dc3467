-- $1 show
SELECT area.code, area.capacity, area.held, area.sold, area.blocked FROM areas area
JOIN shows show ON show.id = area.show_id WHERE show.slug = $1
