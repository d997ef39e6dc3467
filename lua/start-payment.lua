--[[
  start-payment: makes pending orders from live holds, or begins another attempt to pay for orders whose last
  one has failed; a batch of any sales of one partition. A pending order owns its places until its deadline,
  whatever its hold had; that is set once. Nobody is sent to pay before the log has the event: until then its
  id is in `unconfirmed`.

  KEYS[1] generation   string  {pNN}:generation
  KEYS[2] outbox       stream  {pNN}:outbox
  KEYS[3] standing     hash    {pNN}:standing
  KEYS[4] unconfirmed  hash    {pNN}:unconfirmed  event id → orderId
  KEYS[5] due          zset    {pNN}:due
  KEYS[6+13*s] and the twelve that follow, for sale s = 0, 1 …: its keys (saleKeyList, contracts/keys.ts)
  ARGV[1] generation   string  the caller's
  ARGV[2] nonce        string  makes the event ids of this call unique
  ARGV[3] limits       string  of the outbox: entries, bytes, ms
  ARGV[4] saleCount    int
  ARGV[5+] per sale: saleId. Then per order: sale (0 …), orderId, holdId, buyerId, digest, context, extras
          (JSON, opaque), and `attempt attemptsMax payMs method`

  Returns one string per order: `ok`, tab, order record (contracts/order-record.ts); or reason, tab, detail.
          An attempt that was made before is answered with the order as it is now
  Emits   payment.started
  Cost    O(1) per order
]]
local generation, outbox, standing, unconfirmed, due, keys = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS
local expected, nonce, limits, saleCount, args = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV
if redis.call('GET', generation) ~= expected then return REASON.recovering end
-- @include clock
-- @include events
-- @include sale
-- @include hold-record
-- @include orders
-- @include outbox-limits

local waiting, isFull = {}, isOutboxFull(FOR_ORDERS)
local REASON_BY_STATUS = { pending = REASON.payment_under_way, confirmed = REASON.order_confirmed,
  expired = REASON.order_expired, cancelled = REASON.order_cancelled }

local function tell(sale, order, context)
  emit(sale, 'payment.started', context, table.concat({ order.id, order.holdId, order.buyerId, order.items,
    order.terms, order.extras, order.method, order.attempt, order.deadlineMs }, '\t'))
  order.extras = withoutKey(order.extras)
  local record = writeOrder(sale, order)
  waiting[#waiting + 1] = order.eventId
  waiting[#waiting + 1] = order.id
  return 'ok\t' .. record
end

-- An attempt for an order that exists.
local function tryAgain(sale, order, claim)
  local last, attempt = tonumber(order.attempt), tonumber(claim.attempt)
  if attempt <= last then return 'ok\t' .. orderOf(sale, order.id) end
  if order.status ~= 'failed' then return REASON_BY_STATUS[order.status] .. '\t' end
  if tonumber(order.deadlineMs) <= nowMs then return REASON.order_expired .. '\t' end
  if last >= tonumber(claim.attemptsMax) then return REASON.payment_attempts_spent .. '\t' .. last end
  if isFull then return REASON.outbox_full .. '\t' end
  order.status, order.attempt, order.method = 'pending', textOf(last + 1), claim.method
  return tell(sale, order, claim.context)
end

local function makePending(sale, claim)
  local hold = holdOf(sale, claim.holdId)
  if not hold then return REASON.hold_unknown .. '\t' end
  local held = readHold(hold)
  if held.buyerId ~= claim.buyerId then return REASON.hold_unknown .. '\t' end
  if held.letter ~= 'l' then return REASON_BY_LETTER[held.letter] .. '\t' .. held.orderId end
  if held.expiresAtMs <= nowMs then return REASON.hold_expired .. '\t' end
  if isFull then return REASON.outbox_full .. '\t' end
  local deadlineMs = nowMs + claim.payMs
  endHold(sale, claim.holdId, 'o', hold, claim.orderId)
  sale.expiryAdds[#sale.expiryAdds + 1] = deadlineMs
  sale.expiryAdds[#sale.expiryAdds + 1] = '/' .. claim.orderId
  sale.firstDueMs = math.min(sale.firstDueMs or deadlineMs, deadlineMs)
  return tell(sale, {
    id = claim.orderId, status = 'pending', digest = claim.digest, buyerId = claim.buyerId,
    holdId = claim.holdId, confirmedAtMs = '0', items = held.items, terms = held.terms, extras = claim.extras,
    method = claim.method, attempt = '1', deadlineMs = textOf(deadlineMs), startedAtMs = textOf(nowMs),
    placedAtMs = textOf(held.placedAtMs), capMs = textOf(held.capMs), codes = held.codes,
  }, claim.context)
end

local function start(sale, claim)
  local reason = barred(sale)
  if reason then return reason .. '\t' end
  local order = readOrder(sale, claim.orderId)
  if order and order.digest ~= claim.digest then return REASON.idempotency_key_reused .. '\t' end
  if order then return tryAgain(sale, order, claim) end
  if claim.attempt ~= '1' then return REASON.order_unknown .. '\t' end
  return makePending(sale, claim)
end

local sales, answers = openSales(saleCount, args, 5, 6), {}
for at = 5 + saleCount, #args, 8 do
  local attempt, attemptsMax, payMs, method = string.match(args[at + 7], '^(%d+) (%d+) (%d+) (%S+)$')
  answers[#answers + 1] = start(sales[args[at] + 1], {
    orderId = args[at + 1], holdId = args[at + 2], buyerId = args[at + 3], digest = args[at + 4],
    context = args[at + 5], extras = args[at + 6], attempt = attempt, attemptsMax = attemptsMax,
    payMs = payMs, method = method,
  })
end
for _, sale in ipairs(sales) do
  writeSale(sale)
  if sale.firstDueMs then redis.call('ZADD', due, 'LT', sale.firstDueMs, sale.id) end
end
if #waiting > 0 then redis.call('HSET', unconfirmed, unpack(waiting)) end
writeEvents(sales)
return answers
