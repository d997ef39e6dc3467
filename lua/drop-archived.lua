--[[
  drop-archived: deletes the keys of an archived sale once the log has accepted its sale.archived, and with it
  all events before: nothing is deleted that could not be read back. What stays is the sale's hash with state,
  seq, head, epoch, version and the summary. Any number of callers may repeat it.

  KEYS[1] generation   string  {pNN}:generation
  KEYS[2] unconfirmed  hash    {pNN}:unconfirmed  has the event as long as it waits for the log
  KEYS[3] sales        set     {pNN}:sales
  KEYS[4] due          zset    {pNN}:due
  KEYS[5] and the rest: the keys of the sale (saleKeyList, contracts/keys.ts)
  ARGV[1] generation   string  the caller's
  ARGV[2] saleId       string

  Returns `ok`; `waiting` while the log has not accepted it; `no` for a sale that is not archived; or
          recovering
  Emits   nothing
  Cost    O(1); Redis frees the memory in another thread
]]
-- @allow-oom
local generation, unconfirmed, sales, due, keys = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS
local expected, saleId = ARGV[1], ARGV[2]
if redis.call('GET', generation) ~= expected then return REASON.recovering end

local LOOK_AGAIN_MS = 1000
local FIRST, LAST = 5, #keys
local KEPT = { 'state', 'seq', 'head', 'epoch', 'version', 'summary' }

local sale = keys[FIRST]
local values = redis.call('HMGET', sale, unpack(KEPT))
if values[1] ~= 'archived' then return 'no' end
if redis.call('HEXISTS', unconfirmed, values[3]) == 1 then
  local time = redis.call('TIME')
  redis.call('ZADD', due, time[1] * 1000 + math.floor(time[2] / 1000) + LOOK_AGAIN_MS, saleId)
  return 'waiting'
end
redis.call('UNLINK', unpack(keys, FIRST, LAST))
for i, name in ipairs(KEPT) do redis.call('HSET', sale, name, values[i]) end
redis.call('SREM', sales, saleId)
redis.call('ZREM', due, saleId)
return 'ok'
