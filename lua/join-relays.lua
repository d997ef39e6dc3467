--[[
  join-relays: says that a relay works, or that it does no longer, and who else does. The relays share the
  partitions by this list; it saves work only, the log is right whatever it says.

  KEYS[1] relays   zset    relays  the relays that work, each scored by when it lapses, ms
  ARGV[1] owner    string  random, one per process
  ARGV[2] leaseMs  int     how long it counts from now on; 0 takes it off the list

  Returns the relays that work, in the order of their names
  Cost    O(relays)
]]
-- @allow-oom
local relays = KEYS[1]
local owner, leaseMs = ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', relays, '-inf', nowMs)
if leaseMs > 0 then
  redis.call('ZADD', relays, nowMs + leaseMs, owner)
else
  redis.call('ZREM', relays, owner)
end
local owners = redis.call('ZRANGE', relays, 0, -1)
table.sort(owners)
return owners
