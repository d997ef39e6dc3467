--[[
  confirm-order: makes orders from live holds, paid for or free: what was held is sold. A batch of any sales
  of one partition. The order is durable once the log has accepted its event; until then its event id is in
  `unconfirmed`.

  KEYS[1] generation   string  {pNN}:generation
  KEYS[2] outbox       stream  {pNN}:outbox
  KEYS[3] unconfirmed  hash    {pNN}:unconfirmed  event id → orderId
  KEYS[4+7*o] and the six that follow, for order o = 0, 1 …, of its sale: sale, areas, seats, holds, expiry,
          ended, orders (contracts/keys.ts)
  ARGV[1] generation   string  the caller's
  ARGV[2] nonce        string  makes the event ids of this call unique
  ARGV[3+7*o] and the six that follow, per order: saleId, orderId, holdId, buyerId, digest, context, extras
          (JSON, opaque)

  Returns one string per order: `ok`, tab, order record (contracts/order-record.ts); or reason, tab, detail
  Emits   order.confirmed
  Cost    O(seats of the holds)
]]
-- @allow-oom
local generation, outbox, unconfirmed, keys = KEYS[1], KEYS[2], KEYS[3], KEYS
local expected, nonce, args = ARGV[1], ARGV[2], ARGV
if redis.call('GET', generation) ~= expected then return REASON.recovering end
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
-- @include events
-- @include sale

local HOLD_PATTERN = '^(%a)\t[^\t]*\t([^\t]*)\t%d+\t%d+\t(%d+)\t%d+'
  .. '\t(%d+)\t(%d+)\t([^\t]*)\t[^\t]*\t([^\t]*)\t'
local ITEM_PATTERN = '(%d+),%d+,%d+,%d+,(%d+),%-?%d+,([%d.]*)'
local REASON_BY_LETTER = { r = REASON.hold_released, e = REASON.hold_expired, o = REASON.hold_ordered }
local waiting = {}

local function sell(sale, items)
  for areaIndex, quantity, offsets in string.gmatch(items, ITEM_PATTERN) do
    local area, n = areaOf(sale, areaIndex), tonumber(quantity)
    area.held, area.sold = area.held - n, area.sold + n
    for offset in string.gmatch(offsets, '%d+') do sale.soldSeats[#sale.soldSeats + 1] = offset end
  end
end

local function orderOf(sale, orderId)
  local record = sale.orders[orderId]
  if record == nil then record = redis.call('HGET', sale.keys.orders, orderId) end
  return record
end

local function confirm(sale, orderId, holdId, buyerId, digest, context, extras)
  local reason = barred(sale)
  if reason then return reason .. '\t' end
  local record = orderOf(sale, orderId)
  if record then
    if string.match(record, '^[^\t]*\t([^\t]*)') == digest then return 'ok\t' .. record end
    return REASON.idempotency_key_reused .. '\t'
  end
  local hold = holdOf(sale, holdId)
  if not hold then return REASON.hold_unknown .. '\t' end
  local letter, owner, expiresAtMs, total, count, items, orderedAs = string.match(hold, HOLD_PATTERN)
  if owner ~= buyerId then return REASON.hold_unknown .. '\t' end
  if letter ~= 'l' then return REASON_BY_LETTER[letter] .. '\t' .. orderedAs end
  if tonumber(expiresAtMs) <= nowMs then return REASON.hold_expired .. '\t' end
  sell(sale, items)
  endHold(sale, holdId, 'o', hold, orderId)
  local eventId = emit(sale, 'order.confirmed', context,
    table.concat({ orderId, holdId, buyerId, total, items, extras }, '\t'))
  record = table.concat({ 'confirmed', digest, buyerId, holdId, nowMs, total, count, items, eventId, extras },
    '\t')
  sale.orders[orderId] = record
  sale.newOrders[#sale.newOrders + 1] = orderId
  sale.newOrders[#sale.newOrders + 1] = record
  waiting[#waiting + 1] = eventId
  waiting[#waiting + 1] = orderId
  return 'ok\t' .. record
end

local sales, order, answers = {}, {}, {}
for o = 0, (#args - 2) / 7 - 1 do
  local a, k = 3 + 7 * o, 4 + 7 * o
  local sale = sales[args[a]]
  if not sale then
    sale = openSale(args[a], { sale = keys[k], areas = keys[k + 1], seats = keys[k + 2], holds = keys[k + 3],
      expiry = keys[k + 4], ended = keys[k + 5], orders = keys[k + 6] })
    sale.soldSeats, sale.newOrders = {}, {}
    sales[args[a]], order[#order + 1] = sale, sale
  end
  answers[o + 1] = confirm(sale, args[a + 1], args[a + 2], args[a + 3], args[a + 4], args[a + 5], args[a + 6])
end
for _, sale in ipairs(order) do
  writeSale(sale)
  for _, offset in ipairs(sale.soldSeats) do redis.call('SETRANGE', sale.keys.seats, offset, 's') end
  if #sale.newOrders > 0 then redis.call('HSET', sale.keys.orders, unpack(sale.newOrders)) end
end
if #waiting > 0 then redis.call('HSET', unconfirmed, unpack(waiting)) end
writeEvents()
return answers
