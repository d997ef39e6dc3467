--[[
  renew-generation: opens a partition again whose Redis has lost its generation. All its sales were suspended
  before, and are rebuilt from the log one by one. What the old outbox has is not sent any more: nobody was
  told that it is safe. Any number of callers may try; the first one's generation holds.

  KEYS[1] generation   string  {pNN}:generation
  KEYS[2] outbox       stream  {pNN}:outbox
  KEYS[3] standing     hash    {pNN}:standing
  KEYS[4] unconfirmed  hash    {pNN}:unconfirmed
  KEYS[5] accepted     stream  {pNN}:accepted     tells all who wait for an event to look again
  ARGV[1] generation   string  the new one, random

  Returns the generation that holds: the new one, or the one that was there before
  Emits   nothing
  Cost    O(1); Redis frees the memory in another thread
]]
-- @allow-oom
local generation, outbox, standing, unconfirmed, accepted = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local proposed = ARGV[1]
local found = redis.call('GET', generation)
if found then return found end
redis.call('UNLINK', outbox, standing, unconfirmed)
redis.call('SET', generation, proposed)
redis.call('XADD', accepted, '*', 'lost', '*')
return proposed
