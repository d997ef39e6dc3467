-- Under the sale's advisory lock: a counter. $1 sale, $2 buyer, $3 key, $4 area, $5 quantity, $6 life of the
-- hold in ms, $7 tickets per buyer at most. No row, or `taken` below $5: the caller rolls back.
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
), taken AS (
  UPDATE baseline.areas SET free = free - $5::int
  FROM hold
  WHERE sale_id = $1 AND area_id = $4 AND free >= $5::int
  RETURNING price_minor
)
SELECT hold.id AS "holdId", hold.expires_at AS "expiresAt",
  CASE WHEN taken.price_minor IS NULL THEN 0 ELSE $5::int END AS taken, taken.price_minor AS "priceMinor"
FROM hold LEFT JOIN taken ON true;
