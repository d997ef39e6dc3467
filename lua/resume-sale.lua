--[[
  resume-sale: takes new holds again after a pause.

  KEYS[1] generation  string  {pNN}:generation
  KEYS[2] outbox      stream  {pNN}:outbox
  KEYS[3] standing    hash    {pNN}:standing
  KEYS[4] and the rest: the keys of the sale (saleKeyList, contracts/keys.ts)
  ARGV[1] generation  string  the caller's
  ARGV[2] nonce       string  makes the event id of this call unique
  ARGV[3] context     string  actor and trace id
  ARGV[4] saleId      string

  Returns `ok` (also when the sale is so already), or a reason
  Emits   sale.resumed
  Cost    O(1)
]]
-- @allow-oom
local generation, outbox, standing, keys = KEYS[1], KEYS[2], KEYS[3], KEYS
local expected, nonce, context, saleId = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if redis.call('GET', generation) ~= expected then return REASON.recovering end
-- @include clock
-- @include events
-- @include sale
-- @include change-state

return changeState(openSale(saleId, saleKeysAt(4), 1), 'open', 'sale.resumed', {
  paused = true,
  draft = REASON.sale_not_open, closed = REASON.sale_closed
})
