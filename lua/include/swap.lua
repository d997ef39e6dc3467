-- Takes places in the stead of a part of a hold, or leaves it as if nothing had been.
-- Needs: the functions of sale, counters, seats, buyers, codes, give-back and take.

-- Puts the places of items into the stock. Returns what `takeBackUp` needs: the seats of their segments and
-- the bounds that the call has read, as they were.
local function giveUp(sale, items)
  local before = { seats = {}, freed = {}, scopes = {} }
  for _, _, _, index in string.gmatch(items, ITEM_PATTERN) do
    if index ~= '-1' then
      local segment = segmentOf(sale, tonumber(index))
      before.seats[segment] = segment.seats
      before.freed[segment] = sale.freed[segment.index]
    end
  end
  for id, scope in pairs(sale.scopes) do before.scopes[id] = { scope.runs, scope.changes } end
  putBack(sale, items, 'held')
  return before
end

-- Undoes `giveUp`, after all that was taken since was put back. Bounds that were read since are too high for
-- seats that are held again: whoever needs them reads them anew.
local function takeBackUp(sale, items, before)
  for areaIndex, quantity, channel, segmentIndex in string.gmatch(items, ITEM_PATTERN) do
    local n, k = tonumber(quantity), tonumber(channel)
    move(sale, areaIndex, 'free', 'held', n)
    if segmentIndex == '-1' and k > 0 and not isReturned(sale, k) then
      local allotted = allottedOf(sale, areaIndex)
      allotted[k] = allotted[k] - n
    end
  end
  for segment, seats in pairs(before.seats) do
    segment.seats = seats
    sale.freed[segment.index] = before.freed[segment]
  end
  for id, scope in pairs(sale.scopes) do
    local was = before.scopes[id]
    if was then scope.runs, scope.changes, scope.views = was[1], was[2], {} else sale.scopes[id] = nil end
  end
end

-- How many tickets items have.
local function ticketsIn(items)
  local count = 0
  for _, quantity in string.gmatch(items, ITEM_PATTERN) do count = count + quantity end
  return count
end

-- Two lists parted by ';', either of which may be empty.
local function joined(list, more)
  if list == '' or more == '' then return list .. more end
  return list .. ';' .. more
end

-- Takes a plan after `removed` was given up. Returns items and codes; or nil and the refusal.
local function swap(sale, plan, hold, buyer, removed)
  local before = giveUp(sale, removed)
  local added, codes, detail = takePlan(sale, plan, hold.buyerId, hold.codes)
  local capMs = added and capOf(sale, buyer, added)
  -- Places that the buyer had before may not be held longer in this hold than they could have been in that.
  if capMs and capMs < hold.capMs then
    undoAll(sale)
    added, codes, detail = nil, REASON.hold_time_spent, capMs + sale.holdMaxMs
  end
  if added then return added, codes end
  takeBackUp(sale, removed, before)
  return nil, codes .. '\t' .. detail
end

-- Counts the codes that the hold did not have yet; returns all it has now.
local function addCodes(sale, hold, shown)
  local had, new = ' ' .. hold.codes .. ' ', {}
  for code in string.gmatch(shown, '%S+') do
    if not string.find(had, ' ' .. code .. ' ', 1, true) then new[#new + 1] = code end
  end
  if #new == 0 then return hold.codes end
  local codes = table.concat(new, ' ')
  countUses(sale, codes, hold.buyerId, 1)
  return hold.codes == '' and codes or hold.codes .. ' ' .. codes
end
