--[[
  place-holds: judges a batch of claims, of any sales of one partition, in the order they came; each all or
  nothing.

  KEYS[1] generation  string  {pNN}:generation
  KEYS[2] outbox      stream  {pNN}:outbox       events, read by services/relay
  KEYS[3] standing    hash    {pNN}:standing
  KEYS[4] due         zset    {pNN}:due          saleId scored by its earliest expiry
  KEYS[5+13*s] and the twelve that follow, for sale s = 0, 1 …: its keys (saleKeyList, contracts/keys.ts)
  ARGV[1] generation  string  the caller's; another one means that this Redis lost its state
  ARGV[2] nonce       string  makes the event ids of this call unique
  ARGV[3] limits      string  of the outbox: entries, bytes, ms
  ARGV[4] saleCount   int
  ARGV[5] planCount   int
  ARGV[6+] per sale: saleId. Per plan: its two texts (include/plan.lua). Then per claim five: plan (1 …),
          holdId, buyerId, digest, context

  Returns the time in ms; then one string per claim: `+`, holdMs, ',', maxMs for a new hold, followed by tab,
          items, tab and codes unless the plan is plain (quantities only, no codes, no channels);
          `=`, record for a repeat; else reason, tab, detail
  Emits   hold.expired for lapsed holds of the sales, allocation.returned for overdue channels, hold.placed
  Cost    O(items) per claim, plus a few commands per sale and call; a best-available claim scans one segment
]]
local generation, outbox, standing, due, keys = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS
local expected, nonce, limits, saleCount, planCount, args =
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
-- @include kept-records

local sales, plans = openSales(saleCount, args, 6, 5), {}
for _, sale in ipairs(sales) do
  if not barred(sale) then
    giveBackLapsed(sale, LAPSED_MAX)
    returnOverdue(sale)
  end
end
local claimsAt = 6 + saleCount + 2 * planCount
for at = claimsAt, #args, 5 do
  local number = args[at]
  local plan = plans[number]
  if not plan then
    local planAt = 4 + saleCount + 2 * number
    plan = readPlan(args[planAt], args[planAt + 1])
    plans[number] = plan
  end
  local sale = sales[plan.sale]
  local holdIds, buyerIds = sale.askedHolds, sale.askedBuyers
  local n = #holdIds + 1
  holdIds[n], buyerIds[n] = args[at + 1], args[at + 2]
end
for _, sale in ipairs(sales) do readAhead(sale) end
local isFull = isOutboxFull(FOR_HOLDS)
-- @include shut
-- @include place

-- What all claims of a head share is made once: most of a big sale's claims are alike.
for _, head in pairs(heads) do
  local sale = sales[head.sale]
  head.refusal = barred(sale)
  head.shut = head.refusal or shut(sale, head.version)
  local holdMs, holdMaxMs = textOf(sale.holdMs), textOf(sale.holdMaxMs)
  head.times = '\t' .. textOf(nowMs) .. '\t' .. holdMs .. '\t' .. holdMaxMs .. '\t'
  head.accepted = '+' .. holdMs .. ',' .. holdMaxMs
  head.firstOfBuyer = textOf(head.count) .. ' 1'
end

local answers = { nowMs }
for at = claimsAt, #args, 5 do
  answers[#answers + 1] = place(plans[args[at]], args[at + 1], args[at + 2], args[at + 3], args[at + 4])
end
for _, sale in ipairs(sales) do
  writeSale(sale)
  writeSeats(sale)
  local firstMs = #sale.placedIds > 0 and nowMs + sale.holdMs or nil
  for i = 1, #sale.expiryAdds, 2 do firstMs = math.min(firstMs or sale.expiryAdds[i], sale.expiryAdds[i]) end
  if firstMs then redis.call('ZADD', due, 'LT', firstMs, sale.id) end
end
writeEvents(sales)
return answers
