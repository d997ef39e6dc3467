--[[
  restore-sale: puts a sale that was folded from the log into this Redis, in one step. Its keys were staged
  under names of the same hash tag that nobody else uses; here they are renamed. Whoever dies before this call
  leaves the sale as it was, and staged keys that lapse by themselves.

  KEYS[1]  generation  string  {pNN}:generation
  KEYS[2]  outbox      stream  {pNN}:outbox
  KEYS[3]  standing    hash    {pNN}:standing
  KEYS[4]  sales       set     {pNN}:sales
  KEYS[5]  due         zset    {pNN}:due        a sweeper looks at once, and says when the next time is
  KEYS[6]  and the rest: the thirteen keys of the sale (saleKeyList, contracts/keys.ts), then in the same
           order what was staged for the last twelve of them
  ARGV[1]  generation  string  the caller's
  ARGV[2]  nonce       string  makes the event id of this call unique
  ARGV[3]  context     string  actor and trace id
  ARGV[4]  saleId      string
  ARGV[5]  from        string  the state that the sale has here; '' when this Redis knows nothing of it
  ARGV[6]  to          string  the state it gets
  ARGV[7]  type        string  of the event that says so; its data is empty
  ARGV[8]  seq         int     of the fold, as the two that follow
  ARGV[9]  head        string
  ARGV[10] epoch       int
  ARGV[11] staged      0|1 …   one digit per staged key: whether there is anything of its kind
  ARGV[12+] names and values of the sale's hash in turn, without state, seq, head and epoch

  Returns `ok`; `moved` when the sale is in another state or at another event than was folded; `lapsed` when
          what was staged is not there any more; or recovering
  Emits   the event of that type
  Cost    O(fields of the hash), and Redis frees what was there before in another thread
]]
local generation, outbox, standing, sales, due, keys = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS
local expected, nonce, context, saleId, from, to = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local type, seq, head, epoch, staged, args = ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11], ARGV
if redis.call('GET', generation) ~= expected then return REASON.recovering end
-- @include clock
-- @include events
-- @include sale

-- Where the keys of the sale beside its hash begin, and what was staged for them.
local OWN, STAGED, COUNT = 7, 19, 12

local sale = openSale(saleId, saleKeysAt(6), 1)
if (sale.state or '') ~= from then return 'moved' end
if sale.state and (sale.seq ~= tonumber(seq) or sale.head ~= head) then return 'moved' end
for i = 0, COUNT - 1 do
  local wanted = tonumber(string.sub(staged, i + 1, i + 1))
  if redis.call('EXISTS', keys[STAGED + i]) ~= wanted then return 'lapsed' end
end

redis.call('UNLINK', sale.keys.sale, unpack(keys, OWN, OWN + COUNT - 1))
redis.call('HSET', sale.keys.sale, 'state', to, 'seq', seq, 'head', head, 'epoch', epoch, unpack(args, 12))
for i = 0, COUNT - 1 do
  if string.sub(staged, i + 1, i + 1) == '1' then
    redis.call('RENAME', keys[STAGED + i], keys[OWN + i])
    redis.call('PERSIST', keys[OWN + i])
  end
end
redis.call('SADD', sales, saleId)
redis.call('ZADD', due, nowMs, saleId)
sale = openSale(saleId, saleKeysAt(6), 1)
emit(sale, type, context, '{}')
writeSale(sale)
writeEvents({ sale })
return 'ok'
