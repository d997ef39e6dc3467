--[[
  settle-refund: says how a requested refund has ended at the provider, once.

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
  ARGV[8] outcome      string  completed or failed
  ARGV[9] why          string  JSON: why it has failed

  Returns `ok`, tab, order record as it is now; or reason, tab: `refund_settled` when it has ended otherwise
  Emits   refund.completed or refund.failed
  Cost    O(refunds of the order)
]]
-- @allow-oom
local generation, outbox, standing, unconfirmed, keys = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS
local expected, nonce, limits, context, saleId, orderId, refundId, outcome, why =
  ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
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
local amount, status, paymentId = refundOf(order, refundId)
if not amount then return REASON.refund_unknown .. '\t' end
local letter = string.sub(outcome, 1, 1)
if status == letter then return 'ok\t' .. orderOf(sale, orderId) end
if status ~= 'r' then return REASON.refund_settled .. '\t' end
if isOutboxFull(FOR_ORDERS) then return REASON.outbox_full .. '\t' end
local _, currency = paymentOf(order, paymentId)
local kept = {}
for text in string.gmatch(order.money, '%S+') do
  local isIt = string.match(text, '^r=([^=]+)=') == refundId
  kept[#kept + 1] = isIt and string.sub(text, 1, -2) .. letter or text
end
order.money = table.concat(kept, ' ')
local json = '{' .. jsonOfRefund(refundId, amount, currency)
  .. (outcome == 'failed' and ',"reason":' .. why or '') .. '}'
local record = tellOrder(sale, order, 'refund.' .. outcome, context, '', json)
redis.call('HSET', unconfirmed, order.eventId, orderId)
writeSale(sale)
writeEvents({ sale })
return 'ok\t' .. record
