--[[
  return-allocation: what is left of a channel goes back to everybody, once: of one that an operator names, or
  of all whose time has come. Any number of sweepers may call it.

  KEYS[1] generation  string  {pNN}:generation
  KEYS[2] outbox      stream  {pNN}:outbox
  KEYS[3] standing    hash    {pNN}:standing
  KEYS[4] due         zset    {pNN}:due
  KEYS[5] and the rest: the keys of the sale (saleKeyList, contracts/keys.ts)
  ARGV[1] generation  string  the caller's
  ARGV[2] nonce       string  makes the event ids of this call unique
  ARGV[3] context     string  actor and trace id
  ARGV[4] saleId      string
  ARGV[5] version     int     of the definition that the letter is of; '' for who names no channel
  ARGV[6] letter      string  the channel's; '' for all whose time has come, also in a closed sale

  Returns `ok` (also when there is nothing to return); or reason, tab; `stale`
  Emits   allocation.returned per channel
  Cost    O(seats) when there is something to return
]]
-- @allow-oom
local generation, outbox, standing, due, keys = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS
local expected, nonce, context, saleId, version, letter = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if redis.call('GET', generation) ~= expected then return REASON.recovering .. '\t' end
-- @include clock
-- @include events
-- @include sale
-- @include seats
-- @include buyers
-- @include codes
-- @include give-back
-- @include return-channel
-- @include due
-- @include adjust

local sale = openSale(saleId, saleKeysAt(5), 1)
local refusal = letter ~= '' and refusedBy(sale, version) or barred(sale) and barred(sale) .. '\t'
if refusal then return refusal end
returnOverdue(sale)
if letter ~= '' and not isReturned(sale, string.byte(letter) - 64) then
  returnChannel(sale, letter, context)
end
writeAdjusted(sale)
writeDue(sale)
return 'ok'
