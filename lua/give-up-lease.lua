--[[
  give-up-lease: gives the lease of a partition up, if it is still the caller's.

  KEYS[1] relay  string  {pNN}:relay  who sends the partition's events
  ARGV[1] owner  string  random, one per process

  Returns 1 if it was the caller's, 0 otherwise
  Cost    O(1)
]]
-- @allow-oom
local relay = KEYS[1]
local owner = ARGV[1]
if redis.call('GET', relay) ~= owner then return 0 end
return redis.call('DEL', relay)
