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
  ARGV[8]  homes       bytes   one per seat (contracts/layout.ts)
  ARGV[9]  runs        bytes   one per slot
  ARGV[10] segments    bytes   twenty per segment, then four per slot beyond
  ARGV[11] fieldCount  int     pairs for the sale's hash that follow: limits, times
  ARGV[12+] the pairs; the number of values for `areas` and the values, field and text; the number of events
          and for each type and data (JSON)

  Returns `ok`, or a reason; `stale` when the sale has another version than the caller read
  Emits   sale.defined, and area.defined per seated area when they changed
  Cost    O(seats) when the areas changed
]]
local generation, outbox, standing, salesKey, keys = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS
local expected, nonce, context, saleId = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local version, changed = ARGV[5], ARGV[6] == '1'
local definition, homes, runs, segments, fieldCount, args =
  ARGV[7], ARGV[8], ARGV[9], ARGV[10], tonumber(ARGV[11]), ARGV
if redis.call('GET', generation) ~= expected then return REASON.recovering end
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
-- @include events
-- @include sale

local sale = openSale(saleId, saleKeysAt(5), 1)
local own = sale.keys
if sale.state and barred(sale) then return barred(sale) end
if sale.state == 'closed' then return REASON.sale_closed end
if (sale.version or '0') ~= version then return 'stale' end
if changed and sale.state and sale.state ~= 'draft' then return REASON.sale_already_open end
if not sale.state then
  redis.call('HSET', own.sale, 'state', 'draft', 'epoch', 0)
  sale.seq, sale.firstSeq, sale.head, sale.firstHead, sale.epoch = 0, 0, '0', '0', 0
  redis.call('SADD', salesKey, saleId)
end

local at = 12
redis.call('HSET', own.sale, 'version', version + 1, unpack(args, at, at + 2 * fieldCount - 1))
redis.call('SET', own.definition, definition)
at = at + 2 * fieldCount
local valueCount = tonumber(args[at])
if changed then
  redis.call('HSET', own.sale, 'returned', '')
  redis.call('DEL', own.areas)
  redis.call('SET', own.seats, homes)
  redis.call('SET', own.homes, homes)
  redis.call('SET', own.runs, runs)
  redis.call('SET', own.segments, segments)
  local values = {}
  for i = 1, valueCount do values[i] = args[at + i] end
  callInParts('HSET', own.areas, values)
end
at = at + valueCount + 1
for i = 1, 2 * args[at], 2 do emit(sale, args[at + i], context, args[at + i + 1]) end
writeSale(sale)
writeEvents({ sale })
return 'ok'
