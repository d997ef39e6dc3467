--[[
  accept-events: announces what the log has accepted and trims the outbox behind it, in one step.

  KEYS[1] generation   string  {pNN}:generation
  KEYS[2] accepted     stream  {pNN}:accepted     followed by the API processes
  KEYS[3] unconfirmed  hash    {pNN}:unconfirmed  event id → orderId of confirmations that wait for the log
  KEYS[4] outbox       stream  {pNN}:outbox       events, written by the scripts
  ARGV[1] generation   string  the caller's; another one means that this Redis lost its state
  ARGV[2] trimBefore   string  the first outbox entry that is not wholly accepted; '' leaves the outbox as it
          is
  ARGV[3] ids          string  ids of accepted events, parted by spaces; '' announces nothing

  Returns `ok`, or recovering
  Emits   nothing
  Cost    O(ids + entries trimmed); repeating it announces again and changes nothing else
]]
local generation, accepted, unconfirmed, outbox = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local expected, trimBefore, ids = ARGV[1], ARGV[2], ARGV[3]
if redis.call('GET', generation) ~= expected then return REASON.recovering end

-- A follower that is further behind than this asks for what it waits for instead of reading on.
local ANNOUNCEMENTS_MAX = 10000
-- unpack() puts its values on Lua's stack, which has room for about 8,000.
local IDS_PER_CALL = 1000

if ids ~= '' then
  local batch = {}
  for id in string.gmatch(ids, '%S+') do
    batch[#batch + 1] = id
    if #batch == IDS_PER_CALL then
      redis.call('HDEL', unconfirmed, unpack(batch))
      batch = {}
    end
  end
  if #batch > 0 then redis.call('HDEL', unconfirmed, unpack(batch)) end
  redis.call('XADD', accepted, 'MAXLEN', '~', ANNOUNCEMENTS_MAX, '*', 'ids', ids)
end
if trimBefore ~= '' then redis.call('XTRIM', outbox, 'MINID', trimBefore) end
return 'ok'
