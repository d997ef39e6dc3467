--[[
  cancel-order: gives up an order that nobody has paid for, or tickets of a confirmed one, whose places go
  back on sale or are blocked; and requests the refund that goes with it. A repeat changes nothing.

  KEYS[1] generation   string  {pNN}:generation
  KEYS[2] outbox       stream  {pNN}:outbox
  KEYS[3] standing     hash    {pNN}:standing
  KEYS[4] unconfirmed  hash    {pNN}:unconfirmed  event id → orderId
  KEYS[5] and the rest: the keys of the sale (saleKeyList, contracts/keys.ts)
  ARGV[1] generation   string  the caller's
  ARGV[2] nonce        string  makes the event ids of this call unique
  ARGV[3] limits       string  of the outbox: entries, bytes, ms
  ARGV[4] context      string  actor and trace id
  ARGV[5] saleId       string
  ARGV[6] orderId      string
  ARGV[7] before       string  tickets cancelled as the caller read the order, joined by dots; `-`: unpaid
  ARGV[8] after        string  with those that go, ascending
  ARGV[9] tickets      string  those that go, as JSON
  ARGV[10] items       string  their places, packed
  ARGV[11] mode        string  `returned` or `blocked`
  ARGV[12] why         string  JSON
  ARGV[13] refund      string  `refundId paymentId amount currency`, or '' for none

  Returns `ok`, tab, order record as it is now; `stale`, tab, when it was paid for or other tickets
          were cancelled meanwhile; or reason, tab, detail
  Emits   order.cancelled; refund.requested; order.expired of an order whose deadline has passed
  Cost    O(seats)
]]
-- @allow-oom
local generation, outbox, standing, unconfirmed, keys = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS
local expected, nonce, limits, context, saleId, orderId, before, after, tickets, items, mode, why, refund =
  ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11],
  ARGV[12], ARGV[13]
if redis.call('GET', generation) ~= expected then return REASON.recovering .. '\t' end
-- @include clock
-- @include events
-- @include sale
-- @include outbox-limits
-- @include seats
-- @include buyers
-- @include codes
-- @include give-back
-- @include money

local sale = openSale(saleId, saleKeysAt(5), 1)

local function quantityOf(packed)
  local total = 0
  for _, quantity in string.gmatch(packed, ITEM_PATTERN) do total = total + quantity end
  return total
end

-- Takes sold places out of the sale. What is blocked is in no way of a group's capacity.
local function blockSold(packed)
  for areaIndex, quantity, _, segmentIndex, offsets in string.gmatch(packed, ITEM_PATTERN) do
    shift(counterOf(sale, areaIndex), 'sold', 'blocked', tonumber(quantity))
    for _, index in ipairs(aboveOf(sale, areaIndex) or {}) do
      shift(counterOf(sale, index), 'sold', 'free', tonumber(quantity))
    end
    local segment = offsets ~= '' and segmentOf(sale, tonumber(segmentIndex))
    for first, more in string.gmatch(offsets, '(%d+)%+?(%d*)') do
      segment.seats = marked(segment.seats, first - segment.offset + 1, tonumber(more) or 1, 'b')
    end
  end
end

local function jsonFrom(from)
  return '{"tickets":' .. tickets .. ',"from":"' .. from .. '","returned":'
    .. ((from == 'pending' or mode == 'returned') and 'true' or 'false') .. ',"reason":' .. why .. '}'
end

local function cancelTickets(order)
  if mode == 'returned' then putBack(sale, items, 'sold') else blockSold(items) end
  local buyer = buyerOf(sale, order.buyerId)
  buyer.tickets = buyer.tickets - quantityOf(items)
  writeBuyer(sale, order.buyerId, buyer)
  order.gone = after
  local _, dots = string.gsub(after, '%.', '')
  if dots + 1 == quantityOf(order.items) then order.status = 'cancelled' end
  tellOrder(sale, order, 'order.cancelled', context, items, jsonFrom('confirmed'))
end

local REASON_BY_STATUS = { expired = REASON.order_expired, cancelled = REASON.order_cancelled }

local function cancel(order)
  local refundId, paymentId, amount, currency = string.match(refund, '^(%S+) (%S+) (%d+) (%u+)$')
  if isPending(order) then
    if expireOrder(sale, orderId) > 0 then return REASON.order_expired .. '\t' end
    if items ~= order.items then return 'stale\t' end
    endUnpaid(sale, order, 'cancelled', 'order.cancelled', context, jsonFrom('pending'))
    redis.call('HSET', unconfirmed, order.eventId, orderId)
    return
  end
  if order.gone == after then return end
  if order.status ~= 'confirmed' then return REASON_BY_STATUS[order.status] .. '\t' end
  if order.gone ~= before then return 'stale\t' end
  if refundId then
    if not paymentOf(order, paymentId) then return REASON.payment_unknown .. '\t' end
    if refundOf(order, refundId) then return REASON.idempotency_key_reused .. '\t' end
    local left = leftOf(order, paymentId)
    if tonumber(amount) > left then return REASON.refund_too_large .. '\t' .. left end
  end
  if isOutboxFull(FOR_ORDERS) then return REASON.outbox_full .. '\t' end
  cancelTickets(order)
  if refundId then
    requestRefund(sale, order, { id = refundId, paymentId = paymentId, amount = tonumber(amount),
      currency = currency, reason = 'cancelled' }, context)
  end
  redis.call('HSET', unconfirmed, order.eventId, orderId)
end

local reason = barred(sale)
if reason then return reason .. '\t' end
local order = readOrder(sale, orderId)
if not order then return REASON.order_unknown .. '\t' end
local refusal = cancel(order)
writeSale(sale)
writeSeats(sale)
writeEvents({ sale })
return refusal or 'ok\t' .. orderOf(sale, orderId)
