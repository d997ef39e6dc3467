-- Completes stored events of sale $1 as one chunk. $2 their seqs, $3 digests, 32 bytes each; $4 links as `{1,2}`, parted by
-- line feeds; $5, $6 first and last time; $7 types.
WITH chunk AS (
  INSERT INTO event_store.chunks (event_count, times, types)
  VALUES (array_length($2::bigint[], 1), tstzrange($5::timestamptz, $6::timestamptz, '[]'), $7::text[])
  RETURNING chunk_id
)
UPDATE event_store.events AS event
SET digest = substring($3::bytea FROM (chained.place::integer - 1) * 32 + 1 FOR 32), chunk_id = chunk.chunk_id,
  ordinal = chained.place - 1, links = chained.links::integer[]
FROM chunk, unnest($2::bigint[], string_to_array($4, E'\n')) WITH ORDINALITY AS chained (seq, links, place)
WHERE event.sale_id = $1 AND event.seq = chained.seq
