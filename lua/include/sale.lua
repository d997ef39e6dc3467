-- A sale during one call: read once, changed in Lua's memory, written once at the end.

-- Opens a sale. `keys` are its keys by name; a sale that does not exist has no state.
local function openSale(id, keys)
  local v = redis.call('HMGET', keys.sale, 'state', 'seq', 'head', 'epoch', 'version', 'opensAtMs',
    'closesAtMs', 'holdMs', 'holdMaxMs', 'buyerLimit')
  return {
    id = id, keys = keys, state = v[1], seq = tonumber(v[2]), head = v[3], epoch = v[4], version = v[5],
    opensAtMs = tonumber(v[6]), closesAtMs = tonumber(v[7]), holdMs = tonumber(v[8]),
    holdMaxMs = tonumber(v[9]), buyerLimit = tonumber(v[10]), firstSeq = tonumber(v[2]),
    areas = {}, segments = {}, runs = {}, prices = {}, holds = {}, buyers = {}, storedBuyers = {},
    writtenHolds = {}, expiryAdds = {}, expiryRemoves = {}, ended = {}, orders = {},
  }
end

-- Why nothing at all may be done with this sale now, or nil.
local function barred(sale)
  if not sale.state then return REASON.sale_unknown end
  if sale.state == 'recovering' then return REASON.recovering end
end

-- The counters of an area, by its index in the layout.
local function areaOf(sale, index)
  local area = sale.areas[index]
  if not area then
    local stored = redis.call('HGET', sale.keys.areas, index)
    local free, held, sold = string.match(stored, '^(%d+) (%d+) (%d+)$')
    area = { stored = stored, free = tonumber(free), held = tonumber(held), sold = tonumber(sold) }
    sale.areas[index] = area
  end
  return area
end

-- Tickets a buyer holds and has bought.
local function ticketsOf(sale, buyerId)
  local tickets = sale.buyers[buyerId]
  if not tickets then
    tickets = tonumber(redis.call('HGET', sale.keys.buyers, buyerId) or 0)
    sale.buyers[buyerId], sale.storedBuyers[buyerId] = tickets, tickets
  end
  return tickets
end

-- The record of a hold, or false.
local function holdOf(sale, holdId)
  local record = sale.holds[holdId]
  if record == nil then
    record = redis.call('HGET', sale.keys.holds, holdId)
    sale.holds[holdId] = record
  end
  return record
end

-- Reads the holds and the buyers of many claims with two commands: one each per claim is a fifth of its cost.
local function readAhead(sale, holdIds, buyerIds)
  if #holdIds == 0 then return end
  local records = redis.call('HMGET', sale.keys.holds, unpack(holdIds))
  for i, holdId in ipairs(holdIds) do
    if sale.holds[holdId] == nil then sale.holds[holdId] = records[i] end
  end
  local stored = redis.call('HMGET', sale.keys.buyers, unpack(buyerIds))
  for i, buyerId in ipairs(buyerIds) do
    if not sale.buyers[buyerId] then
      local tickets = tonumber(stored[i] or 0)
      sale.buyers[buyerId], sale.storedBuyers[buyerId] = tickets, tickets
    end
  end
end

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
  redis.call('HSET', keys.sale, 'seq', sale.seq, 'head', sale.head)
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
