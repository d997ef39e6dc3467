-- $1 show: what of it was sold or is held the old way. To be asked behind the switch of `sells_via`, which waits
-- for sales under way; before it, one of them could still come in between.
SELECT area.sold, area.held, area.blocked,
  (SELECT count(*)::integer FROM orders WHERE show_id = $1) AS orders,
  (SELECT count(*)::integer FROM carts WHERE show_id = $1 AND status = 'open') AS carts
FROM (
  SELECT coalesce(sum(sold), 0)::integer AS sold, coalesce(sum(held), 0)::integer AS held,
    coalesce(sum(blocked), 0)::integer AS blocked
  FROM areas WHERE show_id = $1
) area
