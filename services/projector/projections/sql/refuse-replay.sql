-- $1 act: the sale's events were removed before it began
UPDATE projection.acts SET done_at = now(), reason = 'the events of the sale have been removed'
WHERE id = $1 AND done_at IS NULL RETURNING id
