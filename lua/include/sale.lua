-- A sale during one call: read once, changed in Lua's memory, written once at the end. Needs: keys.

-- The keys of a sale in the order of saleKeyList (contracts/keys.ts), the first of them at keys[at].
local SALE_KEYS = 14

local function saleKeysAt(at)
  return {
    sale = keys[at], definition = keys[at + 1], areas = keys[at + 2], seats = keys[at + 3],
    homes = keys[at + 4], runs = keys[at + 5], segments = keys[at + 6], holds = keys[at + 7],
    expiry = keys[at + 8], ended = keys[at + 9], buyers = keys[at + 10], orders = keys[at + 11],
    codes = keys[at + 12], categories = keys[at + 13],
  }
end

-- Opens a sale: its keys by name, and which of the call's sales it is (1 …), which its event ids hold. A sale
-- that does not exist has no state.
local function openSale(id, saleKeys, number)
  local v = redis.call('HMGET', saleKeys.sale, 'state', 'seq', 'head', 'epoch', 'version', 'opensAtMs',
    'closesAtMs', 'holdMs', 'holdMaxMs', 'buyerLimit')
  return {
    id = id, keys = saleKeys, number = number, state = v[1], seq = tonumber(v[2]), head = v[3],
    epoch = v[4], version = v[5], opensAtMs = tonumber(v[6]), closesAtMs = tonumber(v[7]),
    holdMs = tonumber(v[8]), holdMaxMs = tonumber(v[9]), buyerLimit = tonumber(v[10]),
    firstSeq = tonumber(v[2]), firstHead = v[3], lines = {},
    areas = {}, segments = {}, runs = {}, prices = {}, holds = {}, buyers = {}, storedBuyers = {},
    writtenHolds = {}, expiryAdds = {}, expiryRemoves = {}, ended = {}, orders = {},
  }
end

-- The sales of a batch: `ids` from one index on, their keys from another on.
local function openSales(count, ids, idsAt, keysAt)
  local sales = {}
  for s = 1, count do
    sales[s] = openSale(ids[idsAt + s - 1], saleKeysAt(keysAt + SALE_KEYS * (s - 1)), s)
  end
  return sales
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
-- @include write-sale
