--[[
  add-codes: access codes of a sale, all or none. One that is there already with the same channels and limits
  stays, with its uses.

  KEYS[1] generation  string  {pNN}:generation
  KEYS[2] outbox      stream  {pNN}:outbox
  KEYS[3] standing    hash    {pNN}:standing
  KEYS[4] and the rest: the keys of the sale (saleKeyList, contracts/keys.ts)
  ARGV[1] generation  string  the caller's
  ARGV[2] nonce       string  makes the event ids of this call unique
  ARGV[3] context     string  actor and trace id
  ARGV[4] saleId      string
  ARGV[5] version     int     of the definition that the letters are of
  ARGV[6] terms       string  letters, usesMax and usesPerBuyerMax of each, parted by spaces
  ARGV[7] tail        string  what the event says of each beside its digest, JSON members
  ARGV[8+] digests

  Returns `ok`, tab, how many were new; or reason, tab; of code_exists also which digests are in the way, by
          their numbers from 0, each followed by a point; `stale` when the sale has another version
  Emits   codes.added, one per CODES_PER_EVENT
  Cost    O(codes)
]]
local generation, outbox, standing, keys = KEYS[1], KEYS[2], KEYS[3], KEYS
local expected, nonce, context, saleId, version = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local terms, tail, args = ARGV[6], ARGV[7], ARGV
if redis.call('GET', generation) ~= expected then return REASON.recovering .. '\t' end
-- @include clock
-- @include events
-- @include sale
-- @include codes

local CODES_PER_EVENT = 500

local sale = openSale(saleId, saleKeysAt(4), 1)
if barred(sale) then return barred(sale) .. '\t' end
if sale.state == 'closed' then return REASON.sale_closed .. '\t' end
if sale.version ~= version then return 'stale' end

local new, inTheWay = {}, {}
for at = 8, #args do
  local stored = codeTextOf(sale, args[at])
  if not stored then
    new[#new + 1] = args[at]
  elseif string.match(stored, '^(.*) %d+$') ~= terms then
    inTheWay[#inTheWay + 1] = string.format('%d.', at - 8)
  end
end
if #inTheWay > 0 then return REASON.code_exists .. '\t' .. table.concat(inTheWay) end
for first = 1, #new, CODES_PER_EVENT do
  local added = {}
  for i = first, math.min(first + CODES_PER_EVENT - 1, #new) do
    setCodeText(sale, new[i], terms .. ' 0')
    added[#added + 1] = '{"digest":"' .. new[i] .. '",' .. tail .. '}'
  end
  emit(sale, 'codes.added', context, '{"codes":[' .. table.concat(added, ',') .. ']}')
end
writeSale(sale)
writeEvents({ sale })
return 'ok\t' .. #new
