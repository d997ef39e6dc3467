SELECT p.* FROM sandbox.payments p
WHERE (p.status = 'requires_action' AND least(p.expires_at, p.decide_at) <= now())
  OR (p.status = 'processing' AND p.capture_at <= now())
LIMIT $1
FOR UPDATE SKIP LOCKED
