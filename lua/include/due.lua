-- When a sweeper shall look at the sale next: its earliest expiry, or when what is set aside for a channel
-- goes back to public. Needs: due, the functions of sale.

-- When the first channel that was not returned yet returns, or nil.
local function nextReturnMs(sale)
  local firstMs
  for letter, atMs in string.gmatch(sale.returnsAt or '', '(%u)(%d+)') do
    if not string.find(sale.returned or '', letter, 1, true) then
      firstMs = math.min(firstMs or tonumber(atMs), tonumber(atMs))
    end
  end
  return firstMs
end

-- Looks no later than the next return.
local function bringDueForward(sale)
  local returnMs = nextReturnMs(sale)
  if returnMs then redis.call('ZADD', due, 'LT', returnMs, sale.id) end
end

-- Says anew when to look, once all that was due has been done.
local function writeDue(sale)
  local nearest = redis.call('ZRANGE', sale.keys.expiry, 0, 0, 'WITHSCORES')
  local dueMs, returnMs = tonumber(nearest[2]), nextReturnMs(sale)
  if returnMs then dueMs = math.min(dueMs or returnMs, returnMs) end
  if dueMs then redis.call('ZADD', due, dueMs, sale.id) else redis.call('ZREM', due, sale.id) end
end
