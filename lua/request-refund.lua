--[[
  request-refund: says that money is to be given back: of a payment that was not the price of its order, or of
  one whose refund has failed. A repeat changes nothing.

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
  ARGV[7] refundId     string
  ARGV[8] paymentId    string
  ARGV[9] amount       int     in minor units
  ARGV[10] why         string  late, duplicate, mismatched or cancelled

  Returns `ok`, tab, order record as it is now; or reason, tab, detail
  Emits   refund.requested
  Cost    O(refunds of the order)
]]
-- @allow-oom
local generation, outbox, standing, unconfirmed, keys = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS
local expected, nonce, limits, context, saleId, orderId, refundId, paymentId, amount, why =
  ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], tonumber(ARGV[9]), ARGV[10]
if redis.call('GET', generation) ~= expected then return REASON.recovering .. '\t' end
-- @include clock
-- @include events
-- @include sale
-- @include outbox-limits
-- @include orders
-- @include money

local sale = openSale(saleId, saleKeysAt(5), 1)
local reason = barred(sale)
if reason then return reason .. '\t' end
local order = readOrder(sale, orderId)
if not order then return REASON.order_unknown .. '\t' end
local known, _, of = refundOf(order, refundId)
if known then
  if known == amount and of == paymentId then return 'ok\t' .. orderOf(sale, orderId) end
  return REASON.idempotency_key_reused .. '\t'
end
local _, currency = paymentOf(order, paymentId)
if not currency then return REASON.payment_unknown .. '\t' end
local left = leftOf(order, paymentId)
if amount > left then return REASON.refund_too_large .. '\t' .. left end
if isOutboxFull(FOR_ORDERS) then return REASON.outbox_full .. '\t' end
local refund = { id = refundId, paymentId = paymentId, amount = amount, currency = currency, reason = why }
local record = requestRefund(sale, order, refund, context)
redis.call('HSET', unconfirmed, order.eventId, orderId)
writeSale(sale)
writeEvents({ sale })
return 'ok\t' .. record
