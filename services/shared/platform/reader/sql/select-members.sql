SELECT owner FROM reader.members WHERE stream = $1 AND cursor = $2 AND expires_at > clock_timestamp()
