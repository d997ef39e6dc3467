--[[
  forget-holds: lets the records of holds that ended before a time go; until then they answer repeats.

  KEYS[1] holds     hash  {pNN}:S:holds
  KEYS[2] ended     list  {pNN}:S:ended   ids, the oldest first
  ARGV[1] beforeMs  int   holds that ended before it are forgotten
  ARGV[2] most      int   records to look at in this call

  Returns how many were forgotten; as many as `most` means: call again
  Cost    O(most)
]]
local holds, ended = KEYS[1], KEYS[2]
local beforeMs, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local ids = redis.call('LRANGE', ended, 0, most - 1)
if #ids == 0 then return 0 end
local forgotten = 0
for i, record in ipairs(redis.call('HMGET', holds, unpack(ids))) do
  if record and tonumber(string.match(record, '\t(%d+)$')) >= beforeMs then break end
  forgotten = i
end
if forgotten > 0 then
  redis.call('HDEL', holds, unpack(ids, 1, forgotten))
  redis.call('LTRIM', ended, forgotten, -1)
end
return forgotten
