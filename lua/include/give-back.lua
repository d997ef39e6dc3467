-- Gives places back: of a live hold that its buyer releases, or that has lapsed, and of an unpaid order.
-- Needs: emit, the functions of sale, buyers, codes and seats.
-- @include hold-record
-- @include orders

local ITEM_PATTERN = '(%d+),%d+,%d+,[^,]*,(%d+),(%d+),(%-?%d+),([%d.+]*)'

-- What seats are when nobody has them.
local function homesOf(sale, offset, count)
  if sale.homes ~= '1' then return string.rep('0', count) end
  return redis.call('GETRANGE', sale.keys.homes, offset, offset + count - 1)
end

-- Puts the places of items, held or sold, back into the stock; returns how many.
local function putBack(sale, items, from)
  local total = 0
  sale.givenBack = sale.givenBack + 1
  for areaIndex, quantity, channel, segmentIndex, offsets in string.gmatch(items, ITEM_PATTERN) do
    local n, k = tonumber(quantity), tonumber(channel)
    total = total + n
    move(sale, areaIndex, from, 'free', n)
    if offsets == '' then
      if k > 0 and not isReturned(sale, k) then
        local allotted = allottedOf(sale, areaIndex)
        allotted[k] = allotted[k] + n
      end
    else
      local segment = segmentOf(sale, tonumber(segmentIndex))
      local seats = segment.seats
      for first, more in string.gmatch(offsets, '(%d+)%+?(%d*)') do
        local count = tonumber(more) or 1
        seats = marked(seats, first - segment.offset + 1, count, homesOf(sale, tonumber(first), count))
      end
      freeSeats(sale, segment, seats)
    end
  end
  return total
end

local function giveBack(sale, holdId, record, letter, type, context)
  local hold = readHold(record)
  local count = putBack(sale, hold.items, 'held')
  giveBackCodes(sale, hold.codes, hold.buyerId)
  local isExpired = letter == 'e'
  local buyer = buyerOf(sale, hold.buyerId)
  buyer.tickets, buyer.holds = buyer.tickets - count, buyer.holds - 1
  noteEnd(sale, buyer, hold, isExpired and hold.expiresAtMs or nowMs, isExpired)
  noteReturned(buyer, hold.items, hold.capMs)
  writeBuyer(sale, hold.buyerId, buyer)
  endHold(sale, holdId, letter, record, '')
  emit(sale, type, context, holdId .. '\t' .. hold.buyerId .. '\t' .. hold.items)
end

-- Gives up an order that nobody has paid for: it lapsed, or was cancelled. The time to pay was the method's,
-- so only that of its hold counts as held.
local function endUnpaid(sale, order, status, type, context, json)
  local count = putBack(sale, order.items, 'held')
  giveBackCodes(sale, order.codes, order.buyerId)
  local isExpired = status == 'expired'
  local endMs = isExpired and tonumber(order.deadlineMs) or nowMs
  local buyer = buyerOf(sale, order.buyerId)
  buyer.tickets, buyer.holds = buyer.tickets - count, buyer.holds - 1
  noteEnd(sale, buyer, { placedAtMs = order.placedAtMs + endMs - order.startedAtMs }, endMs, isExpired)
  noteReturned(buyer, order.items, order.capMs)
  writeBuyer(sale, order.buyerId, buyer)
  order.status = status
  return tellOrder(sale, order, type, context, order.items, json)
end

-- Ends an order whose deadline has passed; returns how many did.
local function expireOrder(sale, orderId)
  local order = readOrder(sale, orderId)
  if not order or not isPending(order) or tonumber(order.deadlineMs) > nowMs then return 0 end
  endUnpaid(sale, order, 'expired', 'order.expired', 'system', '{}')
  return 1
end

-- How many members of `expiry` are read at a time; one holds up to a batch of holds.
local MEMBERS_PER_READ = 16

-- Gives lapsed holds and pending orders of a sale back until it has looked at `most`; a late sweeper changes
-- no answer, since every claim does this first. Returns how many were given back, and whether more may have
-- lapsed.
local function giveBackLapsed(sale, most)
  local given, looked = 0, 0
  while true do
    local members = redis.call('ZRANGEBYSCORE', sale.keys.expiry, '-inf', nowMs, 'WITHSCORES',
      'LIMIT', 0, MEMBERS_PER_READ)
    if #members == 0 then return given, false end
    for i = 1, #members, 2 do
      local left = {}
      for holdId in string.gmatch(members[i], '%S+') do
        if looked >= most then
          left[#left + 1] = holdId
        elseif string.byte(holdId) == PENDING_MARK then
          given, looked = given + expireOrder(sale, string.sub(holdId, 2)), looked + 1
        else
          local record = holdOf(sale, holdId)
          if record and string.sub(record, 1, 1) == 'l' and readHold(record).expiresAtMs <= nowMs then
            giveBack(sale, holdId, record, 'e', 'hold.expired', 'system')
            given = given + 1
          end
          looked = looked + 1
        end
      end
      redis.call('ZREM', sale.keys.expiry, members[i])
      -- GT: the one that is left may have been extended, and then it has a later entry of its own.
      local rest = table.concat(left, ' ')
      if rest ~= '' then redis.call('ZADD', sale.keys.expiry, 'GT', members[i + 1], rest) end
      if looked >= most then return given, true end
    end
  end
end
