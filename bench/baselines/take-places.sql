-- One row per place, SKIP LOCKED: nobody waits for a place that somebody else is taking. $1 sale, $2 buyer,
-- $3 key, $4 area, $5 quantity, $6 life of the hold in ms, $7 tickets per buyer at most.
-- `taken` below $5, or no hold: the caller rolls back.
WITH buyer AS (
  INSERT INTO baseline.buyers AS b (sale_id, buyer_id, tickets) VALUES ($1, $2, $5::int)
  ON CONFLICT (sale_id, buyer_id) DO UPDATE SET tickets = b.tickets + excluded.tickets
    WHERE b.tickets + excluded.tickets <= $7::int
  RETURNING tickets
), hold AS (
  INSERT INTO baseline.holds (sale_id, buyer_id, key, area_id, quantity, expires_at)
  SELECT $1, $2, $3, $4, $5::int, clock_timestamp() + $6::int * interval '1 millisecond' FROM buyer
  ON CONFLICT (sale_id, buyer_id, key) DO NOTHING
  RETURNING id, expires_at
), free AS (
  SELECT id FROM baseline.places
  WHERE sale_id = $1 AND area_id = $4 AND hold_id IS NULL
  ORDER BY sort_order LIMIT $5::int
  FOR UPDATE SKIP LOCKED
), taken AS (
  UPDATE baseline.places p SET hold_id = hold.id
  FROM free, hold
  WHERE p.id = free.id
  RETURNING p.price_minor
)
SELECT hold.id AS "holdId", hold.expires_at AS "expiresAt",
  (SELECT count(*) FROM taken)::int AS taken, (SELECT max(price_minor) FROM taken) AS "priceMinor"
FROM hold;
