--[[
  suspend-sale: bars a sale whose outbox contradicts the log, until its state and the fold of the log agree
  again. No event: what this Redis would say about the sale would not be accepted.

  KEYS[1] sale  hash  {pNN}:S:sale

  Returns 1 if the sale was taking commands before, 0 otherwise
  Cost    O(1)
]]
-- @allow-oom
local sale = KEYS[1]
local state = redis.call('HGET', sale, 'state')
if not state or state == 'recovering' then return 0 end
redis.call('HSET', sale, 'state', 'recovering', 'suspended', state)
return 1
