--[[
  set-aside-events: keeps the unsent events of a stopped sale apart, so that the outbox can be trimmed behind
  them and the partition's other sales go on. Nothing is dropped: the recovery of the sale looks at them.

  KEYS[1] generation    string  {pNN}:generation
  KEYS[2] contradicted  hash    {pNN}:S:contradicted  event id → packed event
  KEYS[3] accepted      stream  {pNN}:accepted        tells the API processes which confirmations are lost
  ARGV[1] generation    string  the caller's
  ARGV[2] lost          string  ids of those events that somebody may wait for, parted by spaces; '' for none
  ARGV[3+2*e] and the one that follows, per event: event id; packed event (contracts/outbox.ts)

  Returns `ok`, or recovering
  Emits   nothing
  Cost    O(events); repeating it changes nothing. At most 1,000 events: unpack() needs room on Lua's stack
]]
-- @allow-oom
local generation, contradicted, accepted = KEYS[1], KEYS[2], KEYS[3]
local expected, lost, args = ARGV[1], ARGV[2], ARGV
if redis.call('GET', generation) ~= expected then return REASON.recovering end
redis.call('HSET', contradicted, unpack(args, 3))
if lost ~= '' then redis.call('XADD', accepted, '*', 'lost', lost) end
return 'ok'
