--[[
  settle-payment: says what becomes of money that a provider took, once, whatever comes twice, late or in any
  order; a batch of any sales of one partition. What the order costs, in time: it is confirmed. Late: it is
  confirmed if its places are free, else the money is to be given back; so it is when the order was paid for
  before, or cancelled. Another amount or currency: it is held for an operator.

  KEYS[1] generation   string  {pNN}:generation
  KEYS[2] outbox       stream  {pNN}:outbox
  KEYS[3] standing     hash    {pNN}:standing
  KEYS[4] unconfirmed  hash    {pNN}:unconfirmed  event id → orderId
  KEYS[5+13*s] and the twelve that follow, for sale s = 0, 1 …: its keys (saleKeyList, contracts/keys.ts)
  ARGV[1] generation   string  the caller's
  ARGV[2] nonce        string  makes the event ids of this call unique
  ARGV[3] limits       string  of the outbox: entries, bytes, ms
  ARGV[4] saleCount    int
  ARGV[5+] per sale: saleId. Then per payment: sale (0 …), orderId, paymentId, amount (minor units), currency,
          `1 attempt method` if that is what the order costs, else `0 attempt method`, context

  Returns one string per payment: `ok`, tab, order record (contracts/order-record.ts), also for a payment that
          was told before; or reason, tab
  Emits   order.confirmed, payment.mismatched or refund.requested for each; before them order.expired of an
          order that has lapsed, payment.late; hold.expired and allocation.returned before a late payment
  Cost    O(seats of the order)
]]
-- @allow-oom
local generation, outbox, standing, unconfirmed, keys = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS
local expected, nonce, limits, saleCount, args = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV
if redis.call('GET', generation) ~= expected then return REASON.recovering end
-- @include clock
local LAPSED_MAX = 100
-- @include events
-- @include sale
-- @include outbox-limits
-- @include seats
-- @include buyers
-- @include codes
-- @include give-back
-- @include return-channel
-- @include sell
-- @include money
-- @include retake

local waiting, isFull = {}, isOutboxFull(FOR_ORDERS)

local function confirm(sale, order, paid)
  sell(sale, order.items)
  noteOrder(sale, order.buyerId)
  emit(sale, 'order.confirmed', paid.context, table.concat({ order.id, order.holdId, order.buyerId,
    order.items, order.terms, order.extras, paid.method, paid.id, paid.attempt }, '\t'))
  order.status, order.confirmedAtMs = 'confirmed', textOf(nowMs)
  addMoney(order, 'p', paid.id, paid.amount, paid.currency, 'k')
  return writeOrder(sale, order)
end

local function refuse(sale, order, paid)
  addMoney(order, 'p', paid.id, paid.amount, paid.currency, 'r')
  return requestRefund(sale, order, {
    id = paid.id, paymentId = paid.id, amount = tonumber(paid.amount), currency = paid.currency,
    reason = order.status == 'confirmed' and 'duplicate' or 'late',
  }, paid.context)
end

-- What has lapsed, or went back to everybody, is free for a late payment as it is for a claim.
local function isTakenAgain(sale, order, paid)
  if order.status ~= 'expired' then return false end
  giveBackLapsed(sale, LAPSED_MAX)
  returnOverdue(sale)
  if not retake(sale, order) then return false end
  order.status = 'pending'
  tellOrder(sale, order, 'payment.late', paid.context, order.items, '{"paymentId":"' .. paid.id .. '"}')
  return true
end

local function judge(sale, paid)
  expireOrder(sale, paid.orderId)
  local order = readOrder(sale, paid.orderId)
  if paid.isPrice ~= '1' then
    addMoney(order, 'p', paid.id, paid.amount, paid.currency, 'm')
    return order, tellOrder(sale, order, 'payment.mismatched', paid.context, '', '{"paymentId":"' .. paid.id
      .. '","amount":' .. paid.amount .. ',"currency":"' .. paid.currency .. '"}')
  end
  if isPending(order) or isTakenAgain(sale, order, paid) then return order, confirm(sale, order, paid) end
  return order, refuse(sale, order, paid)
end

local function settle(sale, paid)
  local reason = barred(sale)
  if reason then return reason .. '\t' end
  local known = readOrder(sale, paid.orderId)
  if not known then return REASON.order_unknown .. '\t' end
  if paymentOf(known, paid.id) then return 'ok\t' .. orderOf(sale, paid.orderId) end
  if isFull then return REASON.outbox_full .. '\t' end
  local order, record = judge(sale, paid)
  waiting[#waiting + 1] = order.eventId
  waiting[#waiting + 1] = order.id
  return 'ok\t' .. record
end

local sales, answers = openSales(saleCount, args, 5, 5), {}
for at = 5 + saleCount, #args, 7 do
  local isPrice, attempt, method = string.match(args[at + 5], '^([01]) (%d+) (%S+)$')
  answers[#answers + 1] = settle(sales[args[at] + 1], {
    orderId = args[at + 1], id = args[at + 2], amount = args[at + 3], currency = args[at + 4],
    isPrice = isPrice, attempt = attempt, method = method, context = args[at + 6],
  })
end
for _, sale in ipairs(sales) do
  writeSale(sale)
  writeSeats(sale)
  writeSold(sale)
end
if #waiting > 0 then redis.call('HSET', unconfirmed, unpack(waiting)) end
writeEvents(sales)
return answers
