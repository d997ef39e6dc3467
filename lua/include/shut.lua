-- When a sale takes claims. Needs: the functions of sale, nowMs, isFull.

-- Why this sale takes no new claims now, or nil; `version` is the one the claim was packed with.
local function shut(sale, version)
  if sale.state == 'paused' then return REASON.sale_paused end
  if isOver(sale) then return REASON.sale_closed end
  if sale.state ~= 'open' or nowMs < sale.opensAtMs then return REASON.sale_not_open end
  if sale.version ~= version then return 'stale' end
  if isFull then return REASON.outbox_full end
end
