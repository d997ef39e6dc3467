--[[
  place-holds: judges a batch of claims, of any sales of one partition, in the order they came; each all or
  nothing.

  KEYS[1] generation  string  {pNN}:generation
  KEYS[2] outbox      stream  {pNN}:outbox       events, read by services/relay
  KEYS[3] standing    hash    {pNN}:standing
  KEYS[4] due         zset    {pNN}:due          saleId scored by its earliest expiry
  KEYS[5+14*s] and the thirteen that follow, for sale s = 0, 1 …: its keys (saleKeyList, contracts/keys.ts)
  ARGV[1] generation  string  the caller's; another one means that this Redis lost its state
  ARGV[2] nonce       string  makes the event ids of this call unique
  ARGV[3] limits      string  of the outbox: entries, bytes, ms
  ARGV[4] saleCount   int
  ARGV[5] claimCount  int
  ARGV[6+] per sale: saleId. Then per claim: sale (0 …), version its numbers are of, holdId, buyerId,
          digest, context, itemCount, and per item seven: kind, area, n, ticket type, category, a, b
          kind q: a count. kind s: chosen seats, a = segment, b = their offsets joined by '.'. kind r, p, a:
          best n together, required, preferred or any; a = first segment, b = number of segments

  Returns one string per claim: `ok`, tab, hold record; or reason, tab, detail
  Emits   hold.expired for lapsed holds of the sales, hold.placed
  Cost    O(items) per claim, plus a few commands per sale and call; a best-available claim scans one segment
]]
local generation, outbox, standing, due, keys = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS
local expected, nonce, limits, saleCount, claimCount, args =
  ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV
if redis.call('GET', generation) ~= expected then return REASON.recovering end
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local LAPSED_MAX = 100
-- @include events
-- @include sale
-- @include outbox-limits
-- @include seats
-- @include give-back
-- @include price
-- @include take

local sales, at = openSales(saleCount, args, 6, 5), 6 + saleCount
for _, sale in ipairs(sales) do
  if not barred(sale) then giveBackLapsed(sale, LAPSED_MAX) end
  sale.asked = { holds = {}, buyers = {} }
end
local claimAt = at
for _ = 1, claimCount do
  local asked = sales[args[claimAt] + 1].asked
  asked.holds[#asked.holds + 1], asked.buyers[#asked.buyers + 1] = args[claimAt + 2], args[claimAt + 3]
  claimAt = claimAt + 7 + 7 * args[claimAt + 6]
end
for _, sale in ipairs(sales) do readAhead(sale, sale.asked.holds, sale.asked.buyers) end
local isFull = isOutboxFull(FOR_HOLDS)

-- Why this sale takes no new holds now, or nil.
local function shut(sale, version)
  if sale.state == 'paused' then return REASON.sale_paused end
  local isOver = sale.closesAtMs > 0 and nowMs >= sale.closesAtMs
  if sale.state == 'closed' or isOver then return REASON.sale_closed end
  if sale.state ~= 'open' or nowMs < sale.opensAtMs then return REASON.sale_not_open end
  if sale.version ~= version then return 'stale' end
  if isFull then return REASON.outbox_full end
end

local function place(sale, version, holdId, buyerId, digest, context, itemsAt, itemCount)
  local reason = barred(sale)
  if reason then return reason .. '\t' end
  local record = holdOf(sale, holdId)
  if record then
    if string.match(record, '^%a\t([^\t]*)') == digest then return 'ok\t' .. record end
    return REASON.idempotency_key_reused .. '\t'
  end
  reason = shut(sale, version)
  if reason then return reason .. '\t' end
  local items, total, count, detail
  items, total, count, detail = takeItems(sale, buyerId, args, itemsAt, itemCount)
  if not items then return total .. '\t' .. (detail or '') end
  local expiresAtMs = nowMs + sale.holdMs
  local body = table.concat({ 'l', digest, buyerId, nowMs, expiresAtMs, expiresAtMs, nowMs + sale.holdMaxMs,
    total, count, items }, '\t')
  record = body .. '\t\t\t'
  writeHold(sale, holdId, record)
  sale.expiryAdds[#sale.expiryAdds + 1] = expiresAtMs
  sale.expiryAdds[#sale.expiryAdds + 1] = holdId
  emit(sale, 'hold.placed', context, holdId .. '\t' .. body)
  return 'ok\t' .. record
end

local answers = {}
for c = 1, claimCount do
  local itemCount = tonumber(args[at + 6])
  local sale = sales[args[at] + 1]
  answers[c] = place(sale, args[at + 1], args[at + 2], args[at + 3], args[at + 4], args[at + 5], at + 7,
    itemCount)
  at = at + 7 + 7 * itemCount
end
for _, sale in ipairs(sales) do
  writeSale(sale)
  writeSeats(sale)
  if #sale.expiryAdds > 0 then redis.call('ZADD', due, 'LT', sale.expiryAdds[1], sale.id) end
end
writeEvents(sales)
return answers
