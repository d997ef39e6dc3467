INSERT INTO event_store.rejected_events
  (stream, shard_id, sequence_number, position, sale_id, seq, id, type, reason, head_seq, head_id, body)
SELECT $1, $2, event.*
FROM unnest(
  $3::text[], $4::integer[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::bigint[],
  $11::text[], $12::json[]
) AS event
ON CONFLICT (stream, shard_id, sequence_number, position) DO NOTHING
