--[[
  accept-events: announces what the log has accepted and trims the outbox behind it, in one step.

  KEYS[1] generation   string  {pNN}:generation
  KEYS[2] accepted     stream  {pNN}:accepted     followed by the API processes
  KEYS[3] unconfirmed  hash    {pNN}:unconfirmed  event id → orderId of confirmations that wait for the log
  KEYS[4] outbox       stream  {pNN}:outbox       events, written by the scripts
  KEYS[5] standing     hash    {pNN}:standing     bytes written and trimmed; age of the oldest entry
  ARGV[1] generation   string  the caller's; another one means that this Redis lost its state
  ARGV[2] ids          string  ids of accepted events, parted by spaces; '' announces nothing
  ARGV[3] trimThrough  string  the last outbox entry of those that are wholly done; '' leaves the outbox as it
          is
  ARGV[4] trimEvent    string  id of that entry's first event
  ARGV[5] spared       string  entries, parted by spaces, that cannot be done for a reason of their own:
          they are not trimmed, and say nothing about the bus

  Returns `ok`, or recovering
  Emits   nothing
  Cost    O(ids + bytes of the entries trimmed); repeating it announces again and changes nothing else
]]
-- @allow-oom
local generation, accepted, unconfirmed, outbox, standing = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local expected, ids, trimThrough, trimEvent, spared = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if redis.call('GET', generation) ~= expected then return REASON.recovering end

-- A follower that is further behind than this asks for what it waits for instead of reading on.
local ANNOUNCEMENTS_MAX = 10000
-- unpack() puts its values on Lua's stack, which has room for about 8,000.
local IDS_PER_CALL = 1000
local ENTRIES_PER_READ = 50

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
-- What events.lua says at the head of an entry's first block: its first event's id, and when it was written.
local function headerOf(entry)
  local atMs, base, n = string.match(entry[2][2] or '', '^%d+\t[^\t]*\t%d+\t(%d+)\t([^\t]*)\t(%d+)\n')
  return base and base .. n, atMs or string.match(entry[1], '^%d+')
end

local isSpared, sparedCount = {}, 0
for id in string.gmatch(spared, '%S+') do
  isSpared[id] = true
  sparedCount = sparedCount + 1
end

-- Their bytes. Where some are spared, the others are taken out one by one on the way.
local function bytesThrough(last)
  local bytes, from = 0, '-'
  repeat
    local entries = redis.call('XRANGE', outbox, from, last, 'COUNT', ENTRIES_PER_READ)
    for _, entry in ipairs(entries) do
      from = '(' .. entry[1]
      if not isSpared[entry[1]] then
        for i = 2, #entry[2], 2 do bytes = bytes + #entry[2][i] end
        if sparedCount > 0 then redis.call('XDEL', outbox, entry[1]) end
      end
    end
  until #entries < ENTRIES_PER_READ
  return bytes
end

-- After a failover the same position can be another entry, and unsent entries can stand below it. Where this
-- very entry stands, the entries below it are those that the caller has read.
local entry = trimThrough ~= '' and redis.call('XRANGE', outbox, trimThrough, trimThrough)[1]
local isSame = entry and headerOf(entry) == trimEvent
if not isSame and (trimThrough ~= '' or sparedCount == 0) then return 'ok' end
if isSame then
  redis.call('HINCRBY', standing, 'trimmed', bytesThrough(trimThrough))
  if sparedCount == 0 then redis.call('XTRIM', outbox, 'MINID', trimThrough) end
  redis.call('XDEL', outbox, trimThrough)
end
local oldest
local first = redis.call('XRANGE', outbox, '-', '+', 'COUNT', sparedCount + 1)
for i = #first, 1, -1 do if not isSpared[first[i][1]] then oldest = first[i] end end
if oldest then
  local _, atMs = headerOf(oldest)
  redis.call('HSET', standing, 'sinceMs', atMs)
else
  -- Where nothing stands all is trimmed, also what was taken out by hand.
  local written = redis.call('HGET', standing, 'written') or 0
  if #first == 0 then redis.call('HSET', standing, 'trimmed', written) end
  redis.call('HDEL', standing, 'sinceMs')
end
return 'ok'
