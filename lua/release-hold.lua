--[[
  release-hold: gives the seats of live holds back, each once; a batch of any sales of one partition.

  KEYS[1] generation  string  {pNN}:generation
  KEYS[2] outbox      stream  {pNN}:outbox
  KEYS[3+9*h] and the eight that follow, for hold h = 0, 1 …, of its sale: sale, areas, seats, runs,
          segments, holds, expiry, ended, buyers (contracts/keys.ts)
  ARGV[1] generation  string  the caller's
  ARGV[2] nonce       string  makes the event ids of this call unique
  ARGV[3+4*h] and the three that follow, per hold: saleId, holdId, buyerId, context

  Returns one string per hold: `ok`, `hold_unknown`, `hold_ordered`, or why the sale is barred. A hold that
          was released before or has lapsed is `ok`: its seats are back.
  Emits   hold.released; hold.expired for a hold that had lapsed unnoticed
  Cost    O(seats of the holds)
]]
-- @allow-oom
local generation, outbox, keys = KEYS[1], KEYS[2], KEYS
local expected, nonce, args = ARGV[1], ARGV[2], ARGV
if redis.call('GET', generation) ~= expected then return REASON.recovering end
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
-- @include events
-- @include sale
-- @include seats
-- @include give-back

local function release(sale, holdId, buyerId, context)
  local reason = barred(sale)
  if reason then return reason end
  local record = holdOf(sale, holdId)
  if not record then return REASON.hold_unknown end
  local letter, _, owner, _, _, expiresAtMs = string.match(record, HOLD_PATTERN)
  if owner ~= buyerId then return REASON.hold_unknown end
  if letter == 'o' then return REASON.hold_ordered end
  if letter ~= 'l' then return 'ok' end
  if tonumber(expiresAtMs) <= nowMs then
    giveBack(sale, holdId, record, 'e', 'hold.expired', 'system')
  else
    giveBack(sale, holdId, record, 'r', 'hold.released', context)
  end
  return 'ok'
end

local sales, order, answers = {}, {}, {}
for h = 0, (#args - 2) / 4 - 1 do
  local a, k = 3 + 4 * h, 3 + 9 * h
  local sale = sales[args[a]]
  if not sale then
    sale = openSale(args[a], {
      sale = keys[k], areas = keys[k + 1], seats = keys[k + 2], runs = keys[k + 3], segments = keys[k + 4],
      holds = keys[k + 5], expiry = keys[k + 6], ended = keys[k + 7], buyers = keys[k + 8],
    })
    sales[args[a]], order[#order + 1] = sale, sale
  end
  answers[h + 1] = release(sale, args[a + 1], args[a + 2], args[a + 3])
end
for _, sale in ipairs(order) do
  writeSale(sale)
  writeSeats(sale)
end
writeEvents()
return answers
