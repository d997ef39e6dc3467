--[[
  define-sale: makes a sale, or changes what may be changed of one: everything while it is a draft, later
  only what leaves areas, rows and seats as they are (`layoutChanged` 0).

  KEYS[1]  generation  string  {pNN}:generation
  KEYS[2]  outbox      stream  {pNN}:outbox
  KEYS[3]  standing    hash    {pNN}:standing
  KEYS[4]  sales       set     {pNN}:sales
  KEYS[5]  due         zset    {pNN}:due
  KEYS[6]  and the rest: the keys of the sale (saleKeyList, contracts/keys.ts)
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
  ARGV[11] letters     string  what each channel's letter in the access codes becomes, in the order of the
          channels before; `-` for one that is gone; '' if all stay
  ARGV[12] fieldCount  int     pairs for the sale's hash that follow: limits, times
  ARGV[13+] the pairs; the number of values for `areas` and the values, field and text; the number of events
          and for each type and data (JSON)

  Returns `ok`, or a reason; `stale` when the sale has another version than the caller read
  Emits   sale.defined, and area.defined per seated area when they changed
  Cost    O(seats) when the areas changed
]]
local generation, outbox, standing, salesKey, due, keys =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS
local expected, nonce, context, saleId = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local version, changed = ARGV[5], ARGV[6] == '1'
local definition, homes, runs, segments, letters, fieldCount, args =
  ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11], tonumber(ARGV[12]), ARGV
if redis.call('GET', generation) ~= expected then return REASON.recovering end
-- @include clock
-- @include events
-- @include sale
-- @include codes
-- @include due

local sale = openSale(saleId, saleKeysAt(6), 1)
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

-- Gives an access code the letters that its channels have from now on.
local function renameLetters(code, text)
  local before, rest = string.match(text, '^(%u*)( %d+ %d+ %d+)$')
  if not before then return end
  local after = {}
  for letter in string.gmatch(before, '%u') do
    local k = string.byte(letter) - 64
    after[#after + 1] = string.match(string.sub(letters, k, k), '%u')
  end
  table.sort(after)
  setCodeText(sale, code, table.concat(after) .. rest)
end

-- Rows of areas that are no more.
if changed then
  local gone = {}
  for _, field in ipairs(redis.call('HKEYS', own.sale)) do
    if string.sub(field, 1, 7) == 'joined:' then gone[#gone + 1] = field end
  end
  callInParts('HDEL', own.sale, gone)
end
local at = 13
redis.call('HSET', own.sale, 'version', version + 1, unpack(args, at, at + 2 * fieldCount - 1))
redis.call('SET', own.definition, definition)
at = at + 2 * fieldCount
local valueCount = tonumber(args[at])
if changed then
  redis.call('HSET', own.sale, 'returned', '', 'homes', string.find(homes, '[^0]') and 1 or 0)
  redis.call('DEL', own.areas)
  redis.call('SET', own.seats, homes)
  redis.call('SET', own.homes, homes)
  redis.call('SET', own.runs, runs)
  redis.call('SET', own.segments, segments)
  local values = {}
  for i = 1, valueCount do values[i] = args[at + i] end
  callInParts('HSET', own.areas, values)
  local codes = letters ~= '' and redis.call('HGETALL', own.codes) or {}
  for i = 1, #codes, 2 do renameLetters(codes[i], codes[i + 1]) end
  sale.returnsAt, sale.returned = redis.call('HGET', own.sale, 'returnsAt'), ''
  bringDueForward(sale)
end
at = at + valueCount + 1
for i = 1, 2 * args[at], 2 do emit(sale, args[at + i], context, args[at + i + 1]) end
writeSale(sale)
writeEvents({ sale })
return 'ok'
