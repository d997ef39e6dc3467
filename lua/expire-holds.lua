--[[
  expire-holds: gives the seats of a sale's lapsed holds back, and says when to look again. Any number of
  sweepers may call it; it needs no lease, since a hold that has ended is not in `expiry` any more.

  KEYS[1]  generation  string  {pNN}:generation
  KEYS[2]  outbox      stream  {pNN}:outbox
  KEYS[3]  due         zset    {pNN}:due         saleId scored by its earliest expiry
  KEYS[4]  sale        hash    {pNN}:S:sale
  KEYS[5]  areas       hash    {pNN}:S:areas
  KEYS[6]  seats       string  {pNN}:S:seats
  KEYS[7]  runs        string  {pNN}:S:runs
  KEYS[8]  segments    string  {pNN}:S:segments
  KEYS[9]  holds       hash    {pNN}:S:holds
  KEYS[10] expiry      zset    {pNN}:S:expiry
  KEYS[11] ended       list    {pNN}:S:ended
  KEYS[12] buyers      hash    {pNN}:S:buyers
  ARGV[1]  generation  string  the caller's
  ARGV[2]  nonce       string  makes the event ids of this call unique
  ARGV[3]  saleId      string
  ARGV[4]  most        int     lapsed holds to give back in this call

  Returns how many were given back, or a reason
  Emits   hold.expired
  Cost    O(seats of the lapsed holds)
]]
-- @allow-oom
local generation, outbox, due = KEYS[1], KEYS[2], KEYS[3]
local keys = {
  sale = KEYS[4], areas = KEYS[5], seats = KEYS[6], runs = KEYS[7], segments = KEYS[8], holds = KEYS[9],
  expiry = KEYS[10], ended = KEYS[11], buyers = KEYS[12],
}
local expected, nonce, saleId, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
if redis.call('GET', generation) ~= expected then return REASON.recovering end
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
-- @include events
-- @include sale
-- @include seats
-- @include give-back

local sale = openSale(saleId, keys)
local reason = barred(sale)
if reason then return reason end
local lapsed = giveBackLapsed(sale, most)
writeSale(sale)
writeSeats(sale)
writeEvents()
local nearest = redis.call('ZRANGE', keys.expiry, 0, 0, 'WITHSCORES')
if nearest[2] then redis.call('ZADD', due, nearest[2], saleId) else redis.call('ZREM', due, saleId) end
return lapsed
