-- $2 attempts as they were when it was taken: whoever took it over since then says what became of it.
UPDATE sandbox.webhooks SET state = $3, due_at = now() + $4 * interval '1 ms', last_status = $5, last_fault = $6
WHERE delivery_id = $1 AND attempts = $2 AND state = 'pending'
