--[[
  extend-hold: gives live holds their full time again, never past their absolute cap; a batch of any sales of
  one partition. The key of the request is kept with the hold, so that a repeat extends nothing and gets the
  answer it had.

  KEYS[1] generation  string  {pNN}:generation
  KEYS[2] outbox      stream  {pNN}:outbox
  KEYS[3] standing    hash    {pNN}:standing
  KEYS[4+13*s] and the twelve that follow, for sale s = 0, 1 …: its keys (saleKeyList, contracts/keys.ts)
  ARGV[1] generation  string  the caller's
  ARGV[2] nonce       string  makes the event ids of this call unique
  ARGV[3] limits      string  of the outbox: entries, bytes, ms
  ARGV[4] extendsMax  int     extensions one hold may have
  ARGV[5] saleCount   int
  ARGV[6+] per sale: saleId. Then per hold: sale (0 …), holdId, buyerId, digest of the
          Idempotency-Key, context

  Returns one string per hold: `ok`, tab, expiresAtMs, tab, hold record; or a reason and a tab
  Emits   hold.extended
  Cost    O(1) per hold
]]
local generation, outbox, standing, keys = KEYS[1], KEYS[2], KEYS[3], KEYS
local expected, nonce, limits, extendsMax, saleCount, args =
  ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV
if redis.call('GET', generation) ~= expected then return REASON.recovering end
-- @include clock
-- @include events
-- @include sale
-- @include hold-record
-- @include outbox-limits

local isFull = isOutboxFull(FOR_HOLDS)

local function extend(sale, holdId, buyerId, key, context)
  local reason = barred(sale)
  if reason then return reason .. '\t' end
  local record = holdOf(sale, holdId)
  if not record then return REASON.hold_unknown .. '\t' end
  local hold = readHold(record)
  if hold.buyerId ~= buyerId then return REASON.hold_unknown .. '\t' end
  local count = 0
  for earlier, untilMs in string.gmatch(hold.trail, '([^;=]+)=(%d+)') do
    if earlier == key then return 'ok\t' .. untilMs .. '\t' .. record end
    count = count + 1
  end
  if hold.letter ~= 'l' then return REASON_BY_LETTER[hold.letter] .. '\t' .. hold.orderId end
  if hold.expiresAtMs <= nowMs then return REASON.hold_expired .. '\t' end
  if isOver(sale) then return REASON.sale_closed .. '\t' end
  if count >= extendsMax then return REASON.hold_extend_limit .. '\t' .. extendsMax end
  if isFull then return REASON.outbox_full .. '\t' end
  local extendedMs = math.max(hold.expiresAtMs, math.min(nowMs + sale.holdMs, hold.capMs))
  local trail = hold.trail .. (hold.trail == '' and '' or ';') .. key .. '=' .. extendedMs
  record = writeLive(sale, holdId, hold, extendedMs, trail)
  sale.expiryAdds[#sale.expiryAdds + 1] = extendedMs
  sale.expiryAdds[#sale.expiryAdds + 1] = holdId
  emit(sale, 'hold.extended', context, table.concat({ holdId, buyerId, extendedMs, key }, '\t'))
  return 'ok\t' .. extendedMs .. '\t' .. record
end

local sales, answers = openSales(saleCount, args, 6, 4), {}
for at = 6 + saleCount, #args, 5 do
  answers[#answers + 1] = extend(sales[args[at] + 1], args[at + 1], args[at + 2], args[at + 3], args[at + 4])
end
for _, sale in ipairs(sales) do writeSale(sale) end
writeEvents(sales)
return answers
