-- The limits of the outbox: entries, bytes of their blocks, age of the oldest in ms; `limits` is the three,
-- parted by spaces. New holds and extensions stop at nine tenths of any of them, so that the last tenth is
-- kept for orders, and orders at the whole; what gives seats back never asks.
-- Needs: outbox, standing, nowMs, limits.
local FOR_HOLDS, FOR_ORDERS = 0.9, 1

-- Whether so large a share of one of the limits is reached. An outbox without entries is empty whatever was
-- counted: somebody may have cut it by hand.
local function isOutboxFull(share)
  local entries = redis.call('XLEN', outbox)
  if entries == 0 then return false end
  local entriesMax, bytesMax, ageMsMax = string.match(limits, '^(%d+) (%d+) (%d+)$')
  local v = redis.call('HMGET', standing, 'written', 'trimmed', 'sinceMs')
  return entries >= share * entriesMax
    or (v[1] or 0) - (v[2] or 0) >= share * bytesMax
    or nowMs - (v[3] or nowMs) >= share * ageMsMax
end
