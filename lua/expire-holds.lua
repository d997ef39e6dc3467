--[[
  expire-holds: gives the seats of a sale's lapsed holds back, and says when to look again. Any number of
  sweepers may call it; it needs no lease, since a hold that has ended is not in `expiry` any more.

  KEYS[1]  generation  string  {pNN}:generation
  KEYS[2]  outbox      stream  {pNN}:outbox
  KEYS[3]  standing    hash    {pNN}:standing
  KEYS[4]  due         zset    {pNN}:due         saleId scored by when it is to be looked at next
  KEYS[5]  and the rest: the keys of the sale (saleKeyList, contracts/keys.ts)
  ARGV[1]  generation  string  the caller's
  ARGV[2]  nonce       string  makes the event ids of this call unique
  ARGV[3]  saleId      string
  ARGV[4]  most        int     lapsed holds to give back in this call

  Returns { how many were given back, 1 if more may have lapsed, 1 if what is set aside for a channel is to be
          returned (return-allocation) }; or a reason
  Emits   hold.expired
  Cost    O(seats of the lapsed holds)
]]
-- @allow-oom
local generation, outbox, standing, due, keys = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS
local expected, nonce, saleId, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
if redis.call('GET', generation) ~= expected then return REASON.recovering end
-- @include clock
-- @include events
-- @include sale
-- @include seats
-- @include buyers
-- @include codes
-- @include give-back
-- @include due

local sale = openSale(saleId, saleKeysAt(5), 1)
local reason = barred(sale)
if reason then return reason end
local given, isMore = giveBackLapsed(sale, most)
writeSale(sale)
writeSeats(sale)
writeEvents({ sale })
writeDue(sale)
return { given, isMore and 1 or 0, overdueOf(sale) ~= '' and 1 or 0 }
