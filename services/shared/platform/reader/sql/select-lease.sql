SELECT owner, epoch, position FROM reader.leases WHERE stream = $1 AND cursor = $2 AND shard_id = $3
