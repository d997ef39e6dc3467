--[[
  take-lease: takes the lease of a partition if it is free, or renews the caller's own.

  KEYS[1] relay    string  {pNN}:relay  who sends the partition's events
  ARGV[1] owner    string  random, one per process
  ARGV[2] leaseMs  int     how long it holds from now on

  Returns 2 if the caller had it and has it on, 1 if it was free and is the caller's now, 0 if another relay
          has it
  Cost    O(1)
]]
-- @allow-oom
local relay = KEYS[1]
local owner, leaseMs = ARGV[1], ARGV[2]
local holder = redis.call('GET', relay)
if holder and holder ~= owner then return 0 end
redis.call('SET', relay, owner, 'PX', leaseMs)
return holder and 2 or 1
