-- All shows with their routes. A show whose route nobody has set yet goes where its stock is sold.
SELECT show.slug AS "saleId", coalesce(route.number, 0) AS number,
  coalesce(route.state, CASE show.sells_via WHEN 'onsale' THEN 'selling' ELSE 'legacy' END) AS state,
  route.changed_at AS "changedAt", route.changed_by AS "changedBy", route.why
FROM shows AS show LEFT JOIN strangler.routes AS route ON route.show_slug = show.slug
WHERE $1::text IS NULL OR show.slug = $1
ORDER BY show.slug
