-- $5 digests of the events that are the heads, 32 bytes each. Only sales whose chain is complete are appended to.
INSERT INTO event_store.heads AS head (sale_id, partition, seq, id, digest, chained_seq)
SELECT sale_id, partition, seq, id, substring($5::bytea FROM (place::integer - 1) * 32 + 1 FOR 32), seq
FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::text[]) WITH ORDINALITY
  AS event (sale_id, partition, seq, id, place)
ON CONFLICT (sale_id) DO UPDATE
  SET seq = excluded.seq, id = excluded.id, digest = excluded.digest, chained_seq = excluded.chained_seq
  WHERE head.seq < excluded.seq
