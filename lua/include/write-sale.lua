-- What a call changed of a sale, written once at the end. Needs: lastEventId, the functions of sale, nowMs.

-- Keeps a hold's new record until the end of the call.
local function writeHold(sale, holdId, record)
  sale.holds[holdId] = record
  local writes = sale.holdWrites
  writes[#writes + 1] = holdId
  writes[#writes + 1] = record
end

-- Ends a live hold: its record and the list of the ended. `letter` is its new status. Its place in `expiry`
-- stays: it shares that with other holds, and who comes to it then finds that it has ended.
local function endHold(sale, holdId, letter, record, orderId)
  writeHold(sale, holdId, letter .. string.sub(record, 2, -2) .. orderId .. '\t' .. nowMs)
  sale.ended[#sale.ended + 1] = holdId
end

-- Values for one command: unpack() puts them on Lua's stack, which has room for about 8,000.
local VALUES_MAX = 4000

local function callInParts(command, key, values)
  for first = 1, #values, VALUES_MAX do
    redis.call(command, key, unpack(values, first, math.min(first + VALUES_MAX - 1, #values)))
  end
end

-- Writes the texts by field that `changed` names, some perhaps more than once; '' goes.
local function writeTexts(key, texts, changed)
  local set, gone = {}, {}
  for i = 1, #changed do
    local field = changed[i]
    local text = texts[field]
    if text == '' then gone[#gone + 1] = field else
      set[#set + 1] = field
      set[#set + 1] = text
    end
  end
  callInParts('HSET', key, set)
  callInParts('HDEL', key, gone)
end

-- Writes what changed, a few commands whatever the number of holds. Nothing in here can be refused.
local function writeSale(sale)
  if sale.seq == sale.firstSeq then return end
  local saleKeys = sale.keys
  redis.call('HSET', saleKeys.sale, 'seq', textOf(sale.seq), 'head', lastEventId(sale))
  writeCounters(sale)
  callInParts('HSET', saleKeys.holds, sale.holdWrites)
  if #sale.placedIds > 0 then
    redis.call('ZADD', saleKeys.expiry, textOf(nowMs + sale.holdMs), table.concat(sale.placedIds, ' '))
  end
  callInParts('ZADD', saleKeys.expiry, sale.expiryAdds)
  callInParts('RPUSH', saleKeys.ended, sale.ended)
  callInParts('HSET', saleKeys.orders, sale.orderWrites)
  writeTexts(saleKeys.buyers, sale.buyers, sale.changedBuyers)
  writeTexts(saleKeys.codes, sale.codes, sale.changedCodes)
end
