--[[
  place-holds: judges a batch of claims, of any sales of one partition, in the order they came; each all or
  nothing.

  KEYS[1] generation  string  {pNN}:generation
  KEYS[2] outbox      stream  {pNN}:outbox       events, read by services/relay
  KEYS[3] due         zset    {pNN}:due          saleId scored by its earliest expiry
  KEYS[4+10*s] and the nine that follow, for sale s = 0, 1 …: sale, areas, seats, runs, segments,
          categories, holds, expiry, ended, buyers (contracts/keys.ts)
  ARGV[1] generation  string  the caller's; another one means that this Redis lost its state
  ARGV[2] nonce       string  makes the event ids of this call unique
  ARGV[3] outboxMax   int     entries in the outbox from which on new holds are refused
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
local generation, outbox, due, keys = KEYS[1], KEYS[2], KEYS[3], KEYS
local expected, nonce, outboxMax, saleCount, claimCount, args =
  ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV
if redis.call('GET', generation) ~= expected then return REASON.recovering end
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local LAPSED_MAX = 100
-- @include events
-- @include sale
-- @include seats
-- @include give-back
-- @include price
-- @include take

local sales, at = {}, 6
for s = 0, saleCount - 1 do
  local k = 4 + 10 * s
  sales[s] = openSale(args[at], {
    sale = keys[k], areas = keys[k + 1], seats = keys[k + 2], runs = keys[k + 3], segments = keys[k + 4],
    categories = keys[k + 5], holds = keys[k + 6], expiry = keys[k + 7], ended = keys[k + 8],
    buyers = keys[k + 9],
  })
  if not barred(sales[s]) then giveBackLapsed(sales[s], LAPSED_MAX) end
  sales[s].asked = { holds = {}, buyers = {} }
  at = at + 1
end
local claimAt = at
for _ = 1, claimCount do
  local asked = sales[tonumber(args[claimAt])].asked
  asked.holds[#asked.holds + 1], asked.buyers[#asked.buyers + 1] = args[claimAt + 2], args[claimAt + 3]
  claimAt = claimAt + 7 + 7 * args[claimAt + 6]
end
for s = 0, saleCount - 1 do readAhead(sales[s], sales[s].asked.holds, sales[s].asked.buyers) end
local outboxFull = redis.call('XLEN', outbox) >= outboxMax

-- Why this sale takes no new holds now, or nil.
local function shut(sale, version)
  if sale.state == 'paused' then return REASON.sale_paused end
  local isOver = sale.closesAtMs > 0 and nowMs >= sale.closesAtMs
  if sale.state == 'closed' or isOver then return REASON.sale_closed end
  if sale.state ~= 'open' or nowMs < sale.opensAtMs then return REASON.sale_not_open end
  if sale.version ~= version then return 'stale' end
  if outboxFull then return REASON.outbox_full end
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
  local sale = sales[tonumber(args[at])]
  answers[c] = place(sale, args[at + 1], args[at + 2], args[at + 3], args[at + 4], args[at + 5], at + 7,
    itemCount)
  at = at + 7 + 7 * itemCount
end
for s = 0, saleCount - 1 do
  writeSale(sales[s])
  writeSeats(sales[s])
  if #sales[s].expiryAdds > 0 then redis.call('ZADD', due, 'LT', sales[s].expiryAdds[1], sales[s].id) end
end
writeEvents()
return answers
