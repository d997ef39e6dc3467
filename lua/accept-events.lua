--[[
  accept-events: announces what the log has accepted and trims the outbox behind it, in one step.

  KEYS[1] generation   string  {pNN}:generation
  KEYS[2] accepted     stream  {pNN}:accepted     followed by the API processes
  KEYS[3] unconfirmed  hash    {pNN}:unconfirmed  event id → orderId of confirmations that wait for the log
  KEYS[4] outbox       stream  {pNN}:outbox       events, written by the scripts
  ARGV[1] generation   string  the caller's; another one means that this Redis lost its state
  ARGV[2] ids          string  ids of accepted events, parted by spaces; '' announces nothing
  ARGV[3] trimThrough  string  the last outbox entry of those that are wholly done; '' leaves the outbox as it
          is
  ARGV[4] trimEvent    string  id of that entry's first event

  Returns `ok`, or recovering
  Emits   nothing
  Cost    O(ids + entries trimmed + bytes of one entry); repeating it announces again and changes nothing else
]]
-- @allow-oom
local generation, accepted, unconfirmed, outbox = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local expected, ids, trimThrough, trimEvent = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
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
-- After a failover the same position can be another entry, and unsent entries can stand below it. Where this
-- very entry stands, the entries below it are those that the caller has read.
if trimThrough ~= '' then
  local entry = redis.call('XRANGE', outbox, trimThrough, trimThrough)[1]
  if entry and string.find(entry[2][2], trimEvent, 1, true) then
    redis.call('XTRIM', outbox, 'MINID', trimThrough)
    redis.call('XDEL', outbox, trimThrough)
  end
end
return 'ok'
