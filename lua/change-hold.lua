--[[
  change-hold: gives a part of a live hold back and takes other places in its stead, in one step; a batch of
  any sales of one partition. Refused, it leaves the hold as it was; a repeat gets the answer it had.

  KEYS[1] generation  string  {pNN}:generation
  KEYS[2] outbox      stream  {pNN}:outbox
  KEYS[3] standing    hash    {pNN}:standing
  KEYS[4+13*s] and the twelve that follow, for sale s = 0, 1 …: its keys (saleKeyList, contracts/keys.ts)
  ARGV[1] generation  string  the caller's
  ARGV[2] nonce       string  makes the event ids of this call unique
  ARGV[3] limits      string  of the outbox: entries, bytes, ms
  ARGV[4] changesMax  int     changes one hold may have
  ARGV[5] saleCount   int
  ARGV[6+] per sale: saleId. Then per change ten: the two texts of the plan (include/plan.lua), holdId,
          buyerId, digest of the Idempotency-Key, digest of the request, context, and the hold's items: as
          the caller read them, those of them that go, those that stay

  Returns one string per change: `ok`, tab, the record after it; `stale`, tab when hold or sale are not those
          that the caller read; or reason, tab, detail
  Emits   hold.expired, allocation.returned for overdue channels, hold.changed
  Cost    O(items) per change; best available scans one segment
]]
local generation, outbox, standing, keys = KEYS[1], KEYS[2], KEYS[3], KEYS
local expected, nonce, limits, changesMax, saleCount, args =
  ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV
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
-- @include take
-- @include swap
-- @include kept-records

local isFull = isOutboxFull(FOR_HOLDS)
-- @include shut

local sales = openSales(saleCount, args, 6, 4)
for _, sale in ipairs(sales) do
  if not barred(sale) then
    giveBackLapsed(sale, LAPSED_MAX)
    returnOverdue(sale)
  end
end

-- Why the buyer may not have what is added, or nil. Who has fewer tickets afterwards is past no limit.
local function overLimit(sale, buyer, count, removedCount, keptCount)
  if buyer.coolUntilMs > nowMs then return REASON.buyer_cooling_down .. '\t' .. buyer.coolUntilMs end
  local grows = count > removedCount
  if count > sale.buyerLimit or grows and buyer.tickets + count - removedCount > sale.buyerLimit then
    -- What would have worked: as many as go, or up to the limit with what the change gives back.
    local left = sale.buyerLimit - buyer.tickets + removedCount
    return REASON.buyer_limit .. '\t' .. math.max(left, math.min(removedCount, sale.buyerLimit))
  end
  if count > sale.holdLimit or grows and keptCount + count > sale.holdLimit then
    return REASON.hold_limit .. '\t' .. sale.holdLimit
  end
end

-- Changes a hold that is live and the caller's.
local function changeLive(sale, plan, holdId, record, change)
  local hold = readHold(record)
  local buyer, removedCount = buyerOf(sale, hold.buyerId), ticketsIn(change.removed)
  if plan.count > 0 then
    local reason = shut(sale, plan.head.version)
    if reason then return reason .. '\t' end
    local refusal = overLimit(sale, buyer, plan.count, removedCount, ticketsIn(change.kept))
    if refusal then return refusal end
  end
  local added, codes = swap(sale, plan, hold, buyer, change.removed)
  if not added then return codes end
  buyer.tickets = buyer.tickets + plan.count - removedCount
  noteReturned(buyer, change.removed, hold.capMs)
  writeBuyer(sale, hold.buyerId, buyer)
  if change.number == 1 then keepRecord(sale, holdId .. '/0', record, hold.digest) end
  hold.items, hold.codes = joined(change.kept, added), addCodes(sale, hold, codes)
  record = writeLive(sale, holdId, hold, hold.extendedMs, joined(hold.trail, change.key .. '='))
  emit(sale, 'hold.changed', change.context, table.concat(
    { holdId, hold.buyerId, change.removed, added, change.key, change.digest, record }, '\t'))
  return 'ok\t' .. keepRecord(sale, holdId .. '/' .. change.key, record, change.digest)
end

local function changeHold(plan, holdId, buyerId, change)
  local sale = sales[plan.sale]
  local reason = barred(sale)
  if reason then return reason .. '\t' end
  local record = holdOf(sale, holdId)
  local hold = record and readHold(record)
  if not hold or hold.buyerId ~= buyerId then return REASON.hold_unknown .. '\t' end
  change.number = 1
  for key in string.gmatch(hold.trail .. ';', '([^;=]+)=;') do
    if key == change.key then return answerAgain(sale, holdId, key, change.digest, record) end
    change.number = change.number + 1
  end
  if hold.letter ~= 'l' then return REASON_BY_LETTER[hold.letter] .. '\t' .. hold.orderId end
  if hold.expiresAtMs <= nowMs then return REASON.hold_expired .. '\t' end
  if change.number > changesMax then return REASON.hold_change_limit .. '\t' .. changesMax end
  if hold.items ~= change.expected then return 'stale\t' end
  return changeLive(sale, plan, holdId, record, change)
end

local answers = {}
for at = 6 + saleCount, #args, 10 do
  answers[#answers + 1] = changeHold(readPlan(args[at], args[at + 1]), args[at + 2], args[at + 3], {
    key = args[at + 4], digest = args[at + 5], context = args[at + 6], expected = args[at + 7],
    removed = args[at + 8], kept = args[at + 9],
  })
end
for _, sale in ipairs(sales) do
  writeSale(sale)
  writeSeats(sale)
end
writeEvents(sales)
return answers
