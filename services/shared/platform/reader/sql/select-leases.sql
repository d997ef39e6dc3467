SELECT shard_id, parents, owner, epoch, position, wanted_by,
  owner IS NULL OR expires_at < clock_timestamp() AS is_free,
  extract(epoch FROM read_until)::double precision * 1000 AS read_until_ms
FROM reader.leases WHERE stream = $1 AND cursor = $2 ORDER BY shard_id
