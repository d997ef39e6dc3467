--[[
  amend-sale: an operator changes one price, or the capacity of a general area, a group or the venue. It is a
  new version of the definition; live holds keep what they have.

  KEYS[1]  generation  string  {pNN}:generation
  KEYS[2]  outbox      stream  {pNN}:outbox
  KEYS[3]  standing    hash    {pNN}:standing
  KEYS[4]  due         zset    {pNN}:due
  KEYS[5]  and the rest: the keys of the sale (saleKeyList, contracts/keys.ts)
  ARGV[1]  generation  string  the caller's
  ARGV[2]  nonce       string  makes the event ids of this call unique
  ARGV[3]  context     string  actor and trace id
  ARGV[4]  saleId      string
  ARGV[5]  version     int     the one the caller has read
  ARGV[6]  definition  string  JSON of the next version; '' if it says already what it shall
  ARGV[7]  counter     int     index of what gets another capacity; '' for a price
  ARGV[8]  capacity    int
  ARGV[9]  type        string  of the event
  ARGV[10] data        string  of the event, JSON

  Returns `ok`; or reason, tab, detail: the smallest capacity; `stale` when the sale has another version
  Emits   capacity.changed or price.changed; hold.expired for lapsed holds, allocation.returned for overdue
          channels
  Cost    O(size of the definition)
]]
local generation, outbox, standing, due, keys = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS
local expected, nonce, context, saleId = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local version, definition, index, capacity, type, data =
  ARGV[5], ARGV[6], ARGV[7], tonumber(ARGV[8]), ARGV[9], ARGV[10]
if redis.call('GET', generation) ~= expected then return REASON.recovering .. '\t' end
-- @include clock
-- @include events
-- @include sale
-- @include seats
-- @include buyers
-- @include codes
-- @include give-back
-- @include return-channel
-- @include due
-- @include adjust

local sale = openSale(saleId, saleKeysAt(5), 1)
local refusal = refusedBy(sale, version)
if refusal then return refusal end
if definition == '' then return 'ok' end
giveBackDue(sale)

local function amend()
  if index ~= '' then
    local counter, minimum = counterOf(sale, index), 0
    for k = 1, sale.channels do minimum = minimum + allottedOf(sale, index)[k] end
    local taken = counter.held + counter.sold + counter.blocked
    if capacity < taken + minimum then return REASON.capacity_in_use .. '\t' .. taken + minimum end
    counter.free = capacity - taken
  end
  redis.call('HSET', sale.keys.sale, 'version', version + 1)
  redis.call('SET', sale.keys.definition, definition)
  emit(sale, type, context, data)
  return 'ok'
end

local answer = amend()
writeAdjusted(sale)
return answer
