--[[
  suspend-sale: bars a sale whose state here may not be that of the log, until it was rebuilt from the log. It
  may be a sale of which this Redis has nothing, or nothing readable: then it gets a hash that says so. No
  event: what this Redis would say about the sale would not be accepted.

  KEYS[1] generation  string  {pNN}:generation
  KEYS[2] suspended   hash    {pNN}:suspended  saleId → `sinceMs reason`; the recovery looks there
  KEYS[3] sale        hash    {pNN}:S:sale
  ARGV[1] generation  string  the caller's; '' when this Redis must have none
  ARGV[2] saleId      string
  ARGV[3] reason      string  contradicts_the_log, script_error, state_missing, behind_the_log or operator
  ARGV[4] sinceMs     int     since when the sale does not work, by Redis' clock; '' for now
  ARGV[5] epoch       int     of the event that shows it, '' when it is none: a sale of a later epoch goes on

  Returns `suspended`; `already`; `epoch`, space, the sale's epoch when that is a later one; or recovering
  Emits   nothing
  Cost    O(1); what was first said of a sale stays
]]
-- @allow-oom
local generation, suspended, sale = KEYS[1], KEYS[2], KEYS[3]
local expected, saleId, reason, sinceMs, epoch = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if (redis.call('GET', generation) or '') ~= expected then return REASON.recovering end

local state
if redis.call('TYPE', sale).ok == 'hash' then
  local values = redis.call('HMGET', sale, 'state', 'epoch')
  state = values[1]
  local ours = tonumber(values[2]) or 0
  if epoch ~= '' and tonumber(epoch) < ours then return 'epoch ' .. ours end
end
if not state then
  redis.call('UNLINK', sale)
  redis.call('HSET', sale, 'version', 0, 'seq', 0, 'head', 0, 'epoch', 0)
end
if state ~= 'recovering' then redis.call('HSET', sale, 'state', 'recovering', 'suspended', state or '') end
if sinceMs == '' then
  local time = redis.call('TIME')
  sinceMs = time[1] * 1000 + math.floor(time[2] / 1000)
end
local isNew = redis.call('HSETNX', suspended, saleId, string.format('%d', sinceMs) .. ' ' .. reason)
return isNew == 1 and 'suspended' or 'already'
