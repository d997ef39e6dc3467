--[[
  define-sale: makes a sale, or changes what may be changed of one: everything while it is a draft, later
  only what leaves areas, rows and seats as they are (`layoutChanged` 0).

  KEYS[1]  generation  string  {pNN}:generation
  KEYS[2]  outbox      stream  {pNN}:outbox
  KEYS[3]  standing    hash    {pNN}:standing
  KEYS[4]  sales       set     {pNN}:sales
  KEYS[5]  and the rest: the keys of the sale (saleKeyList, contracts/keys.ts)
  ARGV[1]  generation  string  the caller's
  ARGV[2]  nonce       string  makes the event ids of this call unique
  ARGV[3]  context     string  actor and trace id
  ARGV[4]  saleId      string
  ARGV[5]  version     int     the one the caller has read; 0 when there is no sale
  ARGV[6]  changed     0|1     whether areas, rows or seats differ from the version read
  ARGV[7]  definition  string  JSON, kept as it is
  ARGV[8]  runs        bytes   one per segment
  ARGV[9]  segments    bytes   eight per segment
  ARGV[10] categories  bytes   one per seat
  ARGV[11] fieldCount  int     pairs for the sale's hash that follow: limits, times, prices
  ARGV[12+] the pairs; the number of areas and each capacity; the number of events and for each type and data
          (JSON)

  Returns `ok`, or a reason; `stale` when the sale has another version than the caller read
  Emits   sale.defined, and area.defined per seated area when they changed
  Cost    O(seats) when the areas changed
]]
local generation, outbox, standing, salesKey, keys = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS
local expected, nonce, context, saleId = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local version, changed = ARGV[5], ARGV[6] == '1'
local definition, runs, segments, categories, fieldCount, args =
  ARGV[7], ARGV[8], ARGV[9], ARGV[10], tonumber(ARGV[11]), ARGV
if redis.call('GET', generation) ~= expected then return REASON.recovering end
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
-- @include events
-- @include sale

local sale = openSale(saleId, saleKeysAt(5), 1)
local own = sale.keys
if sale.state == 'recovering' then return REASON.recovering end
if sale.state == 'closed' then return REASON.sale_closed end
if (sale.version or '0') ~= version then return 'stale' end
if changed and sale.state and sale.state ~= 'draft' then return REASON.sale_already_open end
if not sale.state then
  redis.call('HSET', own.sale, 'state', 'draft', 'epoch', 0)
  sale.seq, sale.firstSeq, sale.head, sale.firstHead, sale.epoch = 0, 0, '0', '0', 0
  redis.call('SADD', salesKey, saleId)
end

-- Prices and limits of the version before are gone, also those of ticket types that are not sold any more.
local gone = {}
for _, field in ipairs(redis.call('HKEYS', own.sale)) do
  if string.sub(field, 1, 6) == 'price:' then gone[#gone + 1] = field end
end
if #gone > 0 then redis.call('HDEL', own.sale, unpack(gone)) end
local at = 12
for _ = 1, fieldCount do
  redis.call('HSET', own.sale, args[at], args[at + 1])
  at = at + 2
end
redis.call('HSET', own.sale, 'version', version + 1)
redis.call('SET', own.definition, definition)
local areaCount = tonumber(args[at])
if changed then
  redis.call('DEL', own.areas)
  redis.call('SET', own.seats, string.rep('0', #categories))
  redis.call('SET', own.runs, runs)
  redis.call('SET', own.segments, segments)
  redis.call('SET', own.categories, categories)
  for i = 1, areaCount do redis.call('HSET', own.areas, i - 1, args[at + i] .. ' 0 0') end
end
at = at + areaCount + 1
for i = 1, 2 * args[at], 2 do emit(sale, args[at + i], context, args[at + i + 1]) end
writeSale(sale)
writeEvents({ sale })
return 'ok'
