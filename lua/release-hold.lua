--[[
  release-hold: gives the seats of live holds back, each once; a batch of any sales of one partition.

  KEYS[1] generation  string  {pNN}:generation
  KEYS[2] outbox      stream  {pNN}:outbox
  KEYS[3] standing    hash    {pNN}:standing
  KEYS[4+13*s] and the twelve that follow, for sale s = 0, 1 …: its keys (saleKeyList, contracts/keys.ts)
  ARGV[1] generation  string  the caller's
  ARGV[2] nonce       string  makes the event ids of this call unique
  ARGV[3] saleCount   int
  ARGV[4+] per sale: saleId. Then per hold: sale (0 …), holdId, buyerId, context

  Returns one string per hold: `ok`, `hold_unknown`, `hold_ordered`, tab, orderId, or why the sale is barred.
          A hold that was released before or has lapsed is `ok`: its seats are back.
  Emits   hold.released; hold.expired for a hold that had lapsed unnoticed
  Cost    O(seats of the holds)
]]
-- @allow-oom
local generation, outbox, standing, keys = KEYS[1], KEYS[2], KEYS[3], KEYS
local expected, nonce, saleCount, args = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV
if redis.call('GET', generation) ~= expected then return REASON.recovering end
-- @include clock
-- @include events
-- @include sale
-- @include seats
-- @include buyers
-- @include codes
-- @include give-back

local function release(sale, holdId, buyerId, context)
  local reason = barred(sale)
  if reason then return reason end
  local record = holdOf(sale, holdId)
  if not record then return REASON.hold_unknown end
  local hold = readHold(record)
  if hold.buyerId ~= buyerId then return REASON.hold_unknown end
  if hold.letter == 'o' then return REASON.hold_ordered .. '\t' .. hold.orderId end
  if hold.letter ~= 'l' then return 'ok' end
  if hold.expiresAtMs <= nowMs then
    giveBack(sale, holdId, record, 'e', 'hold.expired', 'system')
  else
    giveBack(sale, holdId, record, 'r', 'hold.released', context)
  end
  return 'ok'
end

local sales, answers = openSales(saleCount, args, 4, 4), {}
for at = 4 + saleCount, #args, 4 do
  answers[#answers + 1] = release(sales[args[at] + 1], args[at + 1], args[at + 2], args[at + 3])
end
for _, sale in ipairs(sales) do
  writeSale(sale)
  writeSeats(sale)
end
writeEvents(sales)
return answers
