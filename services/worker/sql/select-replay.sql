SELECT r.next_seq, r.through_seq, s.types FROM webhooks.replays r JOIN webhooks.subscriptions s USING (webhook_id)
WHERE r.replay_id = $1
