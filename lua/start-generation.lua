--[[
  start-generation: opens a partition that was never used. The caller has read the partition's log and found
  it empty; an empty Redis in front of a log that is not must never look like a fresh one.

  KEYS[1] generation  string  {pNN}:generation
  ARGV[1] generation  string  the new one, random

  Returns the generation that holds: the new one, or the one that was there before
  Emits   nothing
  Cost    O(1)
]]
local generation = KEYS[1]
local proposed = ARGV[1]
redis.call('SET', generation, proposed, 'NX')
return redis.call('GET', generation)
