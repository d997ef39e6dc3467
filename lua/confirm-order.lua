--[[
  confirm-order: makes orders from live holds, paid for or free: what was held is sold. A batch of any sales
  of one partition. The order is durable once the log has accepted its event; until then its event id is in
  `unconfirmed`.

  KEYS[1] generation   string  {pNN}:generation
  KEYS[2] outbox       stream  {pNN}:outbox
  KEYS[3] standing     hash    {pNN}:standing
  KEYS[4] unconfirmed  hash    {pNN}:unconfirmed  event id → orderId
  KEYS[5+13*s] and the twelve that follow, for sale s = 0, 1 …: its keys (saleKeyList, contracts/keys.ts)
  ARGV[1] generation   string  the caller's
  ARGV[2] nonce        string  makes the event ids of this call unique
  ARGV[3] limits       string  of the outbox: entries, bytes, ms
  ARGV[4] saleCount    int
  ARGV[5+] per sale: saleId. Then per order: sale (0 …), orderId, holdId, buyerId, digest, context, extras
          (JSON, opaque)

  Returns one string per order: `ok`, tab, order record (contracts/order-record.ts); or reason, tab, detail
  Emits   order.confirmed
  Cost    O(seats of the holds)
]]
-- @allow-oom
local generation, outbox, standing, unconfirmed, keys = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS
local expected, nonce, limits, saleCount, args = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV
if redis.call('GET', generation) ~= expected then return REASON.recovering end
-- @include clock
-- @include events
-- @include sale
-- @include hold-record
-- @include orders
-- @include buyers
-- @include outbox-limits

-- @include sell

local waiting, isFull = {}, isOutboxFull(FOR_ORDERS)

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
  local held = readHold(hold)
  if held.buyerId ~= buyerId then return REASON.hold_unknown .. '\t' end
  if held.letter ~= 'l' then return REASON_BY_LETTER[held.letter] .. '\t' .. held.orderId end
  if held.expiresAtMs <= nowMs then return REASON.hold_expired .. '\t' end
  if isFull then return REASON.outbox_full .. '\t' end
  sell(sale, held.items)
  noteOrder(sale, buyerId)
  endHold(sale, holdId, 'o', hold, orderId)
  emit(sale, 'order.confirmed', context,
    table.concat({ orderId, holdId, buyerId, held.items, held.terms, extras }, '\t'))
  local eventId = lastEventId(sale)
  record = keepOrder(sale, orderId, table.concat({ 'confirmed', digest, buyerId, holdId, nowMs, held.items,
    held.terms, eventId, withoutKey(extras) }, '\t'))
  waiting[#waiting + 1] = eventId
  waiting[#waiting + 1] = orderId
  return 'ok\t' .. record
end

local sales, answers = openSales(saleCount, args, 5, 5), {}
for at = 5 + saleCount, #args, 7 do
  answers[#answers + 1] = confirm(sales[args[at] + 1], args[at + 1], args[at + 2], args[at + 3], args[at + 4],
    args[at + 5], args[at + 6])
end
for _, sale in ipairs(sales) do
  writeSale(sale)
  writeSold(sale)
end
if #waiting > 0 then redis.call('HSET', unconfirmed, unpack(waiting)) end
writeEvents(sales)
return answers
