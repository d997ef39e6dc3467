-- A sale during one call: read once, changed in Lua's memory, written once at the end. Needs: keys, nowMs.

-- @include text-of

-- The keys of a sale in the order of saleKeyList (contracts/keys.ts), the first of them at keys[at].
local SALE_KEYS = 13

local function saleKeysAt(at)
  return {
    sale = keys[at], definition = keys[at + 1], areas = keys[at + 2], seats = keys[at + 3],
    homes = keys[at + 4], runs = keys[at + 5], segments = keys[at + 6], holds = keys[at + 7],
    expiry = keys[at + 8], ended = keys[at + 9], buyers = keys[at + 10], orders = keys[at + 11],
    codes = keys[at + 12],
  }
end

-- What the sale's hash holds as numbers, and as texts.
local NUMBERS = { 'seq', 'opensAtMs', 'closesAtMs', 'holdMs', 'holdMaxMs', 'buyerLimit', 'holdLimit',
  'liveHoldsMax', 'allowanceMs', 'coolDownMs', 'coolDownMaxMs', 'channels', 'segmentCount', 'slots' }
local TEXTS = { 'state', 'head', 'epoch', 'version', 'above', 'returned', 'returnsAt', 'homes', 'strand',
  'joined' }
local FIELDS = {}
for i, name in ipairs(NUMBERS) do FIELDS[i] = name end
for i, name in ipairs(TEXTS) do FIELDS[#NUMBERS + i] = name end

-- Opens a sale: its keys by name, and which of the call's sales it is (1 …), which its event ids hold. A
-- sale that does not exist has no state.
local function openSale(id, saleKeys, number)
  local sale = {
    id = id, keys = saleKeys, number = number, parts = { '' }, givenBack = 0,
    counters = {}, allotments = {}, holds = {}, segments = {}, scopes = {}, freed = {},
    chunks = { seats = {}, segments = {} }, startingAt = {}, endingAt = {},
    joinedRows = {}, rows = {}, rowByIndex = {},
    askedHolds = {}, askedBuyers = {},
    buyers = {}, changedBuyers = {}, codes = {}, changedCodes = {},
    holdWrites = {}, placedIds = {}, expiryAdds = {}, ended = {}, orders = {}, orderWrites = {},
  }
  local v = redis.call('HMGET', saleKeys.sale, unpack(FIELDS))
  for i, name in ipairs(NUMBERS) do sale[name] = tonumber(v[i] or 0) end
  for i, name in ipairs(TEXTS) do sale[name] = v[#NUMBERS + i] end
  sale.firstSeq, sale.firstHead = sale.seq, sale.head
  return sale
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
  if sale.state == 'archived' then return REASON.sale_archived end
end

-- Whether the sale is over for claims and extensions: it was closed, or its time has come.
local function isOver(sale)
  return sale.state == 'closed' or sale.closesAtMs > 0 and nowMs >= sale.closesAtMs
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

-- Reads fields of a hash into a table that may have some of them already; those that are not there stay nil.
local function readFields(key, fields, into)
  local stored = redis.call('HMGET', key, unpack(fields))
  for i = 1, #fields do
    local text = stored[i]
    if text and into[fields[i]] == nil then into[fields[i]] = text end
  end
end

-- Reads the holds and the buyers of many claims with two commands: one each per claim is a fifth of its cost.
local function readAhead(sale)
  if #sale.askedHolds == 0 then return end
  readFields(sale.keys.holds, sale.askedHolds, sale.holds)
  readFields(sale.keys.buyers, sale.askedBuyers, sale.buyers)
end
-- @include counters
-- @include write-sale
