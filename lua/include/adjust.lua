-- What every change of the stock by an operator begins and ends with.
-- Needs: the functions of sale, seats, give-back, return-channel and due.

local LAPSED_MAX = 1000

-- Why the sale takes no change now, or nil. '' as version: of whatever version it is.
local function refusedBy(sale, version)
  if barred(sale) then return barred(sale) .. '\t' end
  if sale.state == 'closed' then return REASON.sale_closed .. '\t' end
  if version ~= '' and sale.version ~= version then return 'stale' end
end

-- What has lapsed, and whose time to return has come, is free for the change as it is for a claim.
local function giveBackDue(sale)
  giveBackLapsed(sale, LAPSED_MAX)
  returnOverdue(sale)
end

-- Why nothing can be set aside for a channel (its letter), or nil: past its time it would be returned at
-- once.
local function returnedFor(sale, letter)
  local atMs = string.match(sale.returnsAt or '', letter .. '(%d+)')
  if atMs and tonumber(atMs) <= nowMs then return REASON.allocation_returned .. '\t' end
end

-- A channel that is given something again is not returned any more.
local function takeBackReturn(sale, letter)
  if not string.find(sale.returned, letter, 1, true) then return end
  sale.returned = string.gsub(sale.returned, letter, '')
  redis.call('HSET', sale.keys.sale, 'returned', sale.returned)
  bringDueForward(sale)
end

local function writeAdjusted(sale)
  writeSale(sale)
  writeSeats(sale)
  writeEvents({ sale })
end
