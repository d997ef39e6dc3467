UPDATE webhooks.replays SET next_seq = $2 WHERE replay_id = $1
