-- What a call changed of a sale, written once at the end. Needs: lastEventId, the functions of sale, nowMs.

-- Keeps a hold's new record until the end of the call.
local function writeHold(sale, holdId, record)
  sale.holds[holdId] = record
  sale.writtenHolds[#sale.writtenHolds + 1] = holdId
end

-- Ends a live hold: record, expiry and the list of the ended. `letter` is its new status.
local function endHold(sale, holdId, letter, record, orderId)
  writeHold(sale, holdId, letter .. string.sub(record, 2, -2) .. orderId .. '\t' .. nowMs)
  sale.expiryRemoves[#sale.expiryRemoves + 1] = holdId
  sale.ended[#sale.ended + 1] = holdId
end

local function writeBuyers(sale)
  local set, gone = {}, {}
  for buyerId, tickets in pairs(sale.buyers) do
    if tickets == 0 and sale.storedBuyers[buyerId] ~= 0 then
      gone[#gone + 1] = buyerId
    elseif tickets ~= sale.storedBuyers[buyerId] then
      set[#set + 1] = buyerId
      set[#set + 1] = tickets
    end
  end
  if #set > 0 then redis.call('HSET', sale.keys.buyers, unpack(set)) end
  if #gone > 0 then redis.call('HDEL', sale.keys.buyers, unpack(gone)) end
end

-- Writes what changed, a few commands whatever the number of holds. Nothing in here can be refused.
local function writeSale(sale)
  if sale.seq == sale.firstSeq then return end
  local keys = sale.keys
  redis.call('HSET', keys.sale, 'seq', sale.seq, 'head', lastEventId(sale))
  for index, area in pairs(sale.areas) do
    local now = area.free .. ' ' .. area.held .. ' ' .. area.sold
    if now ~= area.stored then redis.call('HSET', keys.areas, index, now) end
  end
  local holds = {}
  for i, holdId in ipairs(sale.writtenHolds) do
    holds[2 * i - 1], holds[2 * i] = holdId, sale.holds[holdId]
  end
  if #holds > 0 then redis.call('HSET', keys.holds, unpack(holds)) end
  if #sale.expiryAdds > 0 then redis.call('ZADD', keys.expiry, unpack(sale.expiryAdds)) end
  if #sale.expiryRemoves > 0 then redis.call('ZREM', keys.expiry, unpack(sale.expiryRemoves)) end
  if #sale.ended > 0 then redis.call('RPUSH', keys.ended, unpack(sale.ended)) end
  writeBuyers(sale)
end
