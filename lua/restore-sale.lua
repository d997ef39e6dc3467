--[[
  restore-sale: puts a sale that was folded from the log into this Redis, in one step. Its keys were staged
  under names of the same hash tag that nobody else uses; here they are renamed. Whoever dies before this call
  leaves the sale as it was, and staged keys that lapse by themselves. Of a sale that was recovering, what was
  set aside is dropped with this step, and those who wait for it are told.

  KEYS[1]  generation    string  {pNN}:generation
  KEYS[2]  outbox        stream  {pNN}:outbox
  KEYS[3]  standing      hash    {pNN}:standing
  KEYS[4]  sales         set     {pNN}:sales
  KEYS[5]  due           zset    {pNN}:due          a sweeper looks at once, and says when the next time is
  KEYS[6]  suspended     hash    {pNN}:suspended    saleId → `sinceMs reason`
  KEYS[7]  accepted      stream  {pNN}:accepted     tells the API processes that the sale was recovered
  KEYS[8]  unconfirmed   hash    {pNN}:unconfirmed
  KEYS[9]  contradicted  hash    {pNN}:S:contradicted
  KEYS[10] and the rest: the thirteen keys of the sale (saleKeyList, contracts/keys.ts), then in the same
           order what was staged for the last twelve of them
  ARGV[1]  generation  string  the caller's
  ARGV[2]  nonce       string  makes the event id of this call unique
  ARGV[3]  context     string  actor and trace id
  ARGV[4]  saleId      string
  ARGV[5]  from        string  the state that the sale has here; '' when this Redis knows nothing of it
  ARGV[6]  since       string  from `recovering`: what `suspended` says of the sale
  ARGV[7]  to          string  the state it gets; '' for a sale that the log does not know: it goes
  ARGV[8]  type        string  of the event that says so; '' for none
  ARGV[9]  data        string  of that event, JSON
  ARGV[10] seq         int     of the fold, as the two that follow
  ARGV[11] head        string
  ARGV[12] epoch       int
  ARGV[13] staged      0|1 …   one digit per staged key: whether there is anything of its kind
  ARGV[14+] names and values of the sale's hash in turn, without state, seq, head and epoch

  Returns `ok`; `moved` when the sale is in another state than the caller thought, or (unless it recovers) at
          another event than was folded; `lapsed` when what was staged is not there any more; or recovering
  Emits   the event of that type
  Cost    O(fields of the hash + what was set aside); Redis frees what was there before in another thread
]]
local generation, outbox, standing, sales, due, suspended, accepted, unconfirmed, contradicted, keys =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS
local expected, nonce, context, saleId, from, since, to, type, data =
  ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local seq, head, epoch, staged, args = ARGV[10], ARGV[11], ARGV[12], ARGV[13], ARGV
if redis.call('GET', generation) ~= expected then return REASON.recovering end
-- @include clock
-- @include events
-- @include sale

-- Where the keys of the sale begin, those beside its hash, and what was staged for them.
local SALE, OWN, STAGED, COUNT = 10, 11, 23, 12

local sale = openSale(saleId, saleKeysAt(SALE), 1)
local isRecovery = from == 'recovering'
if (sale.state or '') ~= from then return 'moved' end
if isRecovery and redis.call('HGET', suspended, saleId) ~= since then return 'moved' end
if not isRecovery and sale.state and (sale.seq ~= tonumber(seq) or sale.head ~= head) then return 'moved' end
for i = 0, COUNT - 1 do
  local wanted = tonumber(string.sub(staged, i + 1, i + 1))
  if redis.call('EXISTS', keys[STAGED + i]) ~= wanted then return 'lapsed' end
end

if isRecovery then
  for _, id in ipairs(redis.call('HKEYS', contradicted)) do redis.call('HDEL', unconfirmed, id) end
  redis.call('XADD', accepted, '*', 'recovered', saleId)
end
redis.call('HDEL', suspended, saleId)
redis.call('UNLINK', contradicted, sale.keys.sale, unpack(keys, OWN, OWN + COUNT - 1))
if to ~= '' then
  redis.call('HSET', sale.keys.sale, 'state', to, 'seq', seq, 'head', head, 'epoch', epoch, unpack(args, 14))
end
for at in string.gmatch(staged, '()1') do
  redis.call('RENAME', keys[STAGED + at - 1], keys[OWN + at - 1])
  redis.call('PERSIST', keys[OWN + at - 1])
end
if to == '' or to == 'archived' then
  redis.call('SREM', sales, saleId)
  redis.call('ZREM', due, saleId)
else
  redis.call('SADD', sales, saleId)
  redis.call('ZADD', due, nowMs, saleId)
end
if type == '' then return 'ok' end
sale = openSale(saleId, saleKeysAt(SALE), 1)
emit(sale, type, context, data)
writeSale(sale)
writeEvents({ sale })
return 'ok'
