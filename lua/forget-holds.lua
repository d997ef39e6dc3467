--[[
  forget-holds: lets the records of holds go that ended before a time; until then they answer repeats. With
  them goes what is known of buyers who have nothing in the sale any more and need not wait.

  KEYS[1] holds     hash  {pNN}:S:holds
  KEYS[2] ended     list  {pNN}:S:ended   ids, the oldest first
  KEYS[3] buyers    hash  {pNN}:S:buyers
  KEYS[4] sale      hash  {pNN}:S:sale
  ARGV[1] beforeMs  int   holds that ended before it are forgotten
  ARGV[2] most      int   records to look at in this call

  Returns how many were forgotten; as many as `most` means: call again
  Cost    O(most)
]]
local holds, ended, buyers, sale = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local beforeMs, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local ids = redis.call('LRANGE', ended, 0, most - 1)
if #ids == 0 then return 0 end
-- @include clock
local holdMaxMs = tonumber(redis.call('HGET', sale, 'holdMaxMs') or 0)

-- Whether a buyer (include/buyers.lua) is only history: no ticket, no hold, no cool-down, and no place given
-- back whose cap still counts.
local function isHistory(text)
  local coolUntilMs, returned = string.match(text or '', '^0 0 %d+ %d+ (%d+) (.*)$')
  if not coolUntilMs or tonumber(coolUntilMs) > nowMs then return false end
  for capMs in string.gmatch(returned, '@(%d+)') do
    if capMs + holdMaxMs > nowMs then return false end
  end
  return true
end

local forgotten, buyerIds, isListed = 0, {}, {}
for i, record in ipairs(redis.call('HMGET', holds, unpack(ids))) do
  if record and tonumber(string.match(record, '\t(%d+)$')) >= beforeMs then break end
  forgotten = i
  local buyerId = record and string.match(record, '^%a\t[^\t]*\t([^\t]*)')
  if buyerId and not isListed[buyerId] then
    isListed[buyerId] = true
    buyerIds[#buyerIds + 1] = buyerId
  end
end
if forgotten == 0 then return 0 end
redis.call('HDEL', holds, unpack(ids, 1, forgotten))
redis.call('LTRIM', ended, forgotten, -1)
if #buyerIds == 0 then return forgotten end
local gone = {}
for i, text in ipairs(redis.call('HMGET', buyers, unpack(buyerIds))) do
  if isHistory(text) then gone[#gone + 1] = buyerIds[i] end
end
if #gone > 0 then redis.call('HDEL', buyers, unpack(gone)) end
return forgotten
