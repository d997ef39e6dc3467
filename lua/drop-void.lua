--[[
  drop-void: ends the waiting for events that will never be in the log, since their sale was recovered without
  them. Not while this Redis still has the sale as it was before: there an order whose event does not wait
  would look confirmed.

  KEYS[1] generation   string  {pNN}:generation
  KEYS[2] sale         hash    {pNN}:S:sale       its epoch
  KEYS[3] unconfirmed  hash    {pNN}:unconfirmed  event id → orderId
  KEYS[4] accepted     stream  {pNN}:accepted     tells the API processes to look again
  ARGV[1] generation   string  the caller's
  ARGV[2] epoch        int     in which they were made; the sale must be in a later one, or gone
  ARGV[3] ids          string  of the events, parted by spaces; '' asks only

  Returns `ok`; `earlier` when the sale is not in a later epoch; or recovering
  Emits   nothing
  Cost    O(ids), 1,000 at most: unpack() needs room on Lua's stack; repeating it tells again
]]
-- @allow-oom
local generation, sale, unconfirmed, accepted = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local expected, epoch, ids = ARGV[1], ARGV[2], ARGV[3]
if redis.call('GET', generation) ~= expected then return REASON.recovering end
local ours = redis.call('HGET', sale, 'epoch')
if ours and tonumber(ours) <= tonumber(epoch) then return 'earlier' end
if ids == '' then return 'ok' end
local list = {}
for id in string.gmatch(ids, '%S+') do list[#list + 1] = id end
redis.call('HDEL', unconfirmed, unpack(list))
redis.call('XADD', accepted, '*', 'lost', ids)
return 'ok'
