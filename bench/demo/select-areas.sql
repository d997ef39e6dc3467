-- $1 slug: the stock of a show as the CMS sees it.
SELECT a.code AS "areaId", a.capacity, a.held, a.sold
FROM areas a
JOIN shows s ON s.id = a.show_id
WHERE s.slug = $1;
