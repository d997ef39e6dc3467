--[[
  archive-sale: says that a closed sale with nothing under way leaves this Redis; from here on every script
  refuses it, until it is revived. Its keys are deleted by drop-archived, once the log has this event.

  KEYS[1] generation   string  {pNN}:generation
  KEYS[2] outbox       stream  {pNN}:outbox
  KEYS[3] standing     hash    {pNN}:standing
  KEYS[4] unconfirmed  hash    {pNN}:unconfirmed  event id → what waits for its acceptance: here the saleId
  KEYS[5] due          zset    {pNN}:due          tells the sweeper to look whether the log has it
  KEYS[6] and the rest: the keys of the sale (saleKeyList, contracts/keys.ts)
  ARGV[1] generation   string  the caller's
  ARGV[2] nonce        string  makes the event id of this call unique
  ARGV[3] context      string  actor and trace id
  ARGV[4] saleId       string
  ARGV[5] version      int     of the definition that the summary was made of
  ARGV[6] summary      string  JSON: what is told of the sale while it is archived

  Returns `ok`, tab, id of the event sale.archived (also when the sale is so already); or a reason, tab
  Emits   sale.archived
  Cost    O(areas)
]]
-- @allow-oom
local generation, outbox, standing, unconfirmed, due, keys =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS
local expected, nonce, context, saleId, version, summary =
  ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if redis.call('GET', generation) ~= expected then return REASON.recovering .. '\t' end
-- @include clock
-- @include events
-- @include sale

-- The caller waits for the log; the sweeper looks when that must have ended.
local LOOK_AGAIN_MS = 1000

local function hasLiveHolds(sale)
  for _, text in ipairs(redis.call('HVALS', sale.keys.areas)) do
    local held = string.match(text, '^%d+ (%d+) %d+ %d+$')
    if held and held ~= '0' then return true end
  end
  return false
end

-- Whether the sale's last event may still be in the outbox: its oldest entry is no younger. A clock that went
-- back could hide one here; what is deleted does not rest on this, but on what the log says.
local function isWaiting(sale)
  local oldest = redis.call('XRANGE', outbox, '-', '+', 'COUNT', 1)[1]
  if not oldest then return false end
  local oldestMs = string.match(oldest[2][2] or '', '^%d+\t[^\t]*\t%d+\t(%d+)\t')
  local headMicros = string.match(sale.head, '%-(%d+)%-%d+%-%d+$')
  return not oldestMs or not headMicros or tonumber(oldestMs) <= math.floor(headMicros / 1000)
end

local sale = openSale(saleId, saleKeysAt(6), 1)
if sale.state == 'archived' then return 'ok\t' .. sale.head end
local reason = barred(sale)
if reason then return reason .. '\t' end
if sale.state ~= 'closed' then return REASON.sale_not_closed .. '\t' end
if hasLiveHolds(sale) or isWaiting(sale) then return REASON.sale_busy .. '\t' end
if sale.version ~= version then return 'stale\t' end
redis.call('HSET', sale.keys.sale, 'state', 'archived', 'summary', summary)
emit(sale, 'sale.archived', context, '{}')
writeSale(sale)
writeEvents({ sale })
redis.call('HSET', unconfirmed, sale.head, saleId)
redis.call('ZADD', due, nowMs + LOOK_AGAIN_MS, saleId)
return 'ok\t' .. sale.head
