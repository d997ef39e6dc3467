UPDATE sandbox.outage SET mode = $1, delay_ms = $2, until_at = now() + $3 * interval '1 s'
RETURNING mode, delay_ms, until_at
