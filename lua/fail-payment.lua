--[[
  fail-payment: says that an attempt to pay has failed. The order keeps its places until its deadline, and at
  least for a minimum if another attempt may be made.

  KEYS[1] generation   string  {pNN}:generation
  KEYS[2] outbox       stream  {pNN}:outbox
  KEYS[3] standing     hash    {pNN}:standing
  KEYS[4] unconfirmed  hash    {pNN}:unconfirmed  event id → orderId
  KEYS[5] and the rest: the keys of the sale (saleKeyList, contracts/keys.ts)
  ARGV[1] generation   string  the caller's
  ARGV[2] nonce        string  makes the event id of this call unique
  ARGV[3] limits       string  of the outbox: entries, bytes, ms
  ARGV[4] context      string  actor and trace id
  ARGV[5] saleId       string
  ARGV[6] orderId      string
  ARGV[7] attempt      int     that failed; what is not the last one changes nothing
  ARGV[8] attemptsMax  int
  ARGV[9] retryMs      int     the minimum
  ARGV[10] why         string  JSON: in the words of the provider

  Returns `ok`, tab, order record as it is now; or reason, tab
  Emits   payment.failed; order.expired of an order whose deadline has passed
  Cost    O(1), and O(seats) of an order that has lapsed
]]
-- @allow-oom
local generation, outbox, standing, unconfirmed, keys = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS
local expected, nonce, limits, context, saleId, orderId, attempt, attemptsMax, retryMs, why =
  ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10]
if redis.call('GET', generation) ~= expected then return REASON.recovering .. '\t' end
-- @include clock
-- @include events
-- @include sale
-- @include outbox-limits
-- @include seats
-- @include buyers
-- @include codes
-- @include give-back

local sale = openSale(saleId, saleKeysAt(5), 1)

local function fail(order)
  if order.status ~= 'pending' or order.attempt ~= attempt then return end
  if expireOrder(sale, orderId) > 0 then return end
  if isOutboxFull(FOR_ORDERS) then return REASON.outbox_full .. '\t' end
  local atLeastMs = nowMs + retryMs
  if tonumber(attempt) < tonumber(attemptsMax) and atLeastMs > tonumber(order.deadlineMs) then
    order.deadlineMs = textOf(atLeastMs)
    sale.expiryAdds = { atLeastMs, '/' .. orderId }
  end
  order.status = 'failed'
  local json = '{"attempt":' .. attempt .. ',"reason":' .. why .. '}'
  tellOrder(sale, order, 'payment.failed', context, '', json)
  redis.call('HSET', unconfirmed, order.eventId, orderId)
end

local reason = barred(sale)
if reason then return reason .. '\t' end
local order = readOrder(sale, orderId)
if not order then return REASON.order_unknown .. '\t' end
local refusal = fail(order)
if refusal then return refusal end
writeSale(sale)
writeSeats(sale)
writeEvents({ sale })
return 'ok\t' .. orderOf(sale, orderId)
