-- $3 shards, $4 their parents joined by commas, $5 their positions.
INSERT INTO reader.leases AS lease (stream, cursor, shard_id, parents, position)
SELECT $1, $2, listed.shard_id, string_to_array(listed.parents, ','), listed.position
FROM unnest($3::text[], $4::text[], $5::text[]) AS listed (shard_id, parents, position)
ON CONFLICT (stream, cursor, shard_id) DO UPDATE SET parents = excluded.parents
WHERE lease.parents <> excluded.parents
