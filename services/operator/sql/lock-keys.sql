-- Waits for whoever writes rows with keys that are to go; they wait for us. So nothing is written behind our back.
LOCK TABLE projection.contact_keys IN ACCESS EXCLUSIVE MODE
