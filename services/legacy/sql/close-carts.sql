-- $1 cart ids, open, locked together with their areas; $2 what becomes of them: 'released' or 'expired'.
WITH lines AS (
  DELETE FROM cart_lines WHERE cart_id = ANY ($1::uuid[]) RETURNING area_id, quantity
), freed AS (
  UPDATE seats SET status = 'free', cart_id = NULL WHERE cart_id = ANY ($1::uuid[])
), counted AS (
  UPDATE areas SET held = held - l.quantity
  FROM (SELECT area_id, sum(quantity)::int AS quantity FROM lines GROUP BY area_id) l
  WHERE areas.id = l.area_id
)
UPDATE carts SET status = $2 WHERE id = ANY ($1::uuid[]);
