-- Takes the places of a lapsed order again, all of them or none.
-- Needs: the functions of counters, seats, buyers, codes, give-back.

-- Whether a seat that is so is free for who had it out of a channel's share, or (0) out of everybody's.
local function isFreeFor(sale, byte, channel)
  if channel == 0 then return string.find(byte, '[0wc]') ~= nil end
  return byte == letterOf(channel) or byte == '0' and isReturned(sale, channel)
end

-- Whether all seats of an item are free; keeps what is to be marked in `marks`, by segment.
local function areSeatsFree(sale, segmentIndex, offsets, channel, marks)
  local segment = segmentOf(sale, tonumber(segmentIndex))
  local bytes = marks[segment] or {}
  marks[segment] = bytes
  for first, count in string.gmatch(offsets, '(%d+)%+?(%d*)') do
    for offset = tonumber(first), first + (tonumber(count) or 1) - 1 do
      local at = offset - segment.offset + 1
      if not isFreeFor(sale, string.sub(segment.seats, at, at), channel) then return false end
      bytes[at] = 'h'
    end
  end
  return true
end

-- What is needed of every counter; and of general areas by whose share.
local function needsOf(sale, items)
  local need, shares, total = {}, {}, 0
  for areaIndex, quantity, channel, _, offsets in string.gmatch(items, ITEM_PATTERN) do
    local n = tonumber(quantity)
    total = total + n
    need[areaIndex] = (need[areaIndex] or 0) + n
    for _, above in ipairs(aboveOf(sale, areaIndex) or {}) do need[above] = (need[above] or 0) + n end
    if offsets == '' then
      local share = areaIndex .. ':' .. channel
      shares[share] = (shares[share] or 0) + n
    end
  end
  return need, shares, total
end

local function isRoomFor(sale, need, shares)
  for index, n in pairs(need) do
    if counterOf(sale, index).free < n then return false end
  end
  for share, n in pairs(shares) do
    local areaIndex, channel = string.match(share, '(%d+):(%d+)')
    local allotted, open = allottedOf(sale, areaIndex), counterOf(sale, areaIndex).free
    for k = 1, sale.channels do open = open - allotted[k] end
    if channel == '0' and open < n then return false end
    if channel ~= '0' and (isReturned(sale, tonumber(channel)) or allotted[tonumber(channel)] < n) then
      return false
    end
  end
  return true
end

-- Takes the places, counts them for the buyer and uses up the codes; returns whether it could.
local function retake(sale, order)
  local need, shares, total = needsOf(sale, order.items)
  local buyer = buyerTextOf(sale, order.buyerId) and buyerOf(sale, order.buyerId)
    or { tickets = 0, holds = 0, heldMs = 0, strikes = 0, coolUntilMs = 0, returned = '' }
  if buyer.tickets + total > sale.buyerLimit or not isRoomFor(sale, need, shares) then return false end
  local marks = {}
  for _, _, channel, segment, offsets in string.gmatch(order.items, ITEM_PATTERN) do
    if offsets ~= '' and not areSeatsFree(sale, segment, offsets, tonumber(channel), marks) then
      return false
    end
  end
  for areaIndex, quantity, channel, _, offsets in string.gmatch(order.items, ITEM_PATTERN) do
    local n, k = tonumber(quantity), tonumber(channel)
    move(sale, areaIndex, 'free', 'held', n)
    if offsets == '' and k > 0 then
      local allotted = allottedOf(sale, areaIndex)
      allotted[k] = allotted[k] - n
    end
  end
  for segment, bytes in pairs(marks) do segment.seats = markedAt(segment.seats, bytes) end
  countUses(sale, order.codes, order.buyerId, 1)
  buyer.tickets, buyer.holds = buyer.tickets + total, buyer.holds + 1
  writeBuyer(sale, order.buyerId, buyer)
  return true
end
