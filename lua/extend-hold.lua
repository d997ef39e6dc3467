--[[
  extend-hold: gives live holds their full time again, never past their absolute cap; a batch of any sales of
  one partition. The key of the request is kept with the hold, so that a repeat extends nothing and gets the
  answer it had.

  KEYS[1] generation  string  {pNN}:generation
  KEYS[2] outbox      stream  {pNN}:outbox
  KEYS[3+3*h] and the two that follow, for hold h = 0, 1 …, of its sale: sale, holds, expiry
          (contracts/keys.ts)
  ARGV[1] generation  string  the caller's
  ARGV[2] nonce       string  makes the event ids of this call unique
  ARGV[3] extendsMax  int     extensions one hold may have
  ARGV[4+5*h] and the four that follow, per hold: saleId, holdId, buyerId, digest of the Idempotency-Key,
          context

  Returns one string per hold: `ok`, tab, expiresAtMs, tab, hold record; or a reason and a tab
  Emits   hold.extended
  Cost    O(1) per hold
]]
local generation, outbox, keys = KEYS[1], KEYS[2], KEYS
local expected, nonce, extendsMax, args = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV
if redis.call('GET', generation) ~= expected then return REASON.recovering end
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
-- @include events
-- @include sale

local HOLD_PATTERN = '^(%a)(\t[^\t]*\t([^\t]*)\t%d+\t%d+\t)(%d+)\t(%d+)(\t.*)\t([^\t]*)\t[^\t]*\t[^\t]*$'
local REASON_BY_LETTER = { r = REASON.hold_released, e = REASON.hold_expired, o = REASON.hold_ordered }

local function extend(sale, holdId, buyerId, key, context)
  local reason = barred(sale)
  if reason then return reason .. '\t' end
  local record = holdOf(sale, holdId)
  if not record then return REASON.hold_unknown .. '\t' end
  local letter, front, owner, expiresAtMs, maxMs, middle, extends = string.match(record, HOLD_PATTERN)
  if owner ~= buyerId then return REASON.hold_unknown .. '\t' end
  local count = 0
  for earlier, untilMs in string.gmatch(extends, '([^;=]+)=(%d+)') do
    if earlier == key then return 'ok\t' .. untilMs .. '\t' .. record end
    count = count + 1
  end
  if letter ~= 'l' then return REASON_BY_LETTER[letter] .. '\t' end
  if tonumber(expiresAtMs) <= nowMs then return REASON.hold_expired .. '\t' end
  if sale.state == 'closed' then return REASON.sale_closed .. '\t' end
  if count >= extendsMax then return REASON.hold_extend_limit .. '\t' end
  local extendedMs = math.max(tonumber(expiresAtMs), math.min(nowMs + sale.holdMs, tonumber(maxMs)))
  local entry = (count > 0 and ';' or '') .. key .. '=' .. extendedMs
  record = 'l' .. front .. extendedMs .. '\t' .. maxMs .. middle .. '\t' .. extends .. entry .. '\t\t'
  writeHold(sale, holdId, record)
  sale.expiryAdds[#sale.expiryAdds + 1] = extendedMs
  sale.expiryAdds[#sale.expiryAdds + 1] = holdId
  emit(sale, 'hold.extended', context, table.concat({ holdId, buyerId, extendedMs, key }, '\t'))
  return 'ok\t' .. extendedMs .. '\t' .. record
end

local sales, order, answers = {}, {}, {}
for h = 0, (#args - 3) / 5 - 1 do
  local a, k = 4 + 5 * h, 3 + 3 * h
  local sale = sales[args[a]]
  if not sale then
    sale = openSale(args[a], { sale = keys[k], holds = keys[k + 1], expiry = keys[k + 2] })
    sales[args[a]], order[#order + 1] = sale, sale
  end
  answers[h + 1] = extend(sale, args[a + 1], args[a + 2], args[a + 3], args[a + 4])
end
for _, sale in ipairs(order) do writeSale(sale) end
writeEvents()
return answers
