--[[
  adjust-counts: an operator says how many places of a general area are blocked in all, or how many a channel
  may still draw from it, which may be moved from another channel's share.

  KEYS[1] generation  string  {pNN}:generation
  KEYS[2] outbox      stream  {pNN}:outbox
  KEYS[3] standing    hash    {pNN}:standing
  KEYS[4] due         zset    {pNN}:due
  KEYS[5] and the rest: the keys of the sale (saleKeyList, contracts/keys.ts)
  ARGV[1] generation  string  the caller's
  ARGV[2] nonce       string  makes the event ids of this call unique
  ARGV[3] context     string  actor and trace id
  ARGV[4] saleId      string
  ARGV[5] version     int     of the layout that the numbers are of
  ARGV[6] area        int     index
  ARGV[7] letter      string  the channel's; '' blocks
  ARGV[8] quantity    int     that shall be blocked, or left to the channel
  ARGV[9] head        string  of the event, JSON up to the quantity
  ARGV[10] other      string  the channel (its letter) whose share gives what this one gets, and gets what it
                              gives; '' everybody
  ARGV[11] otherHead  string  of the event of that channel

  Returns `ok`; or reason, tab, detail: `f` and how many are free; `stale` when the sale has another version
  Emits   stock.blocked or stock.unblocked with the difference; allocation.changed; hold.expired for lapsed
          holds, allocation.returned for overdue channels
  Cost    O(1)
]]
local generation, outbox, standing, due, keys = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS
local expected, nonce, context, saleId = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local version, area, letter, quantity, head = ARGV[5], ARGV[6], ARGV[7], tonumber(ARGV[8]), ARGV[9]
local other, otherHead = ARGV[10], ARGV[11]
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
giveBackDue(sale)

-- What is set aside for channels is neither blocked nor given to another.
local counter, allotted = counterOf(sale, area), allottedOf(sale, area)
local public = counter.free
for k = 1, sale.channels do public = public - allotted[k] end

local function block()
  local more = quantity - counter.blocked
  if more > public then return REASON.stock_in_use .. '\tf' .. public end
  if more == 0 then return 'ok' end
  shift(counter, 'free', 'blocked', more)
  emit(sale, more > 0 and 'stock.blocked' or 'stock.unblocked', context,
    head .. '"quantity":' .. math.abs(more) .. '}')
  return 'ok'
end

local function share(channel, eventHead, n)
  allotted[string.byte(channel) - 64] = n
  emit(sale, 'allocation.changed', context, eventHead .. '"quantity":' .. n .. '}')
end

local function allocate()
  local had = allotted[string.byte(letter) - 64]
  local left = other == '' and public or allotted[string.byte(other) - 64]
  local most, getsMore = left + had, letter
  if other ~= '' and quantity < had then getsMore = other end
  local late = returnedFor(sale, letter) or returnedFor(sale, getsMore)
  if late then return late end
  if quantity > most then return REASON.allocation_too_large .. '\tf' .. most end
  if quantity == had then return 'ok' end
  -- Who gives is first, so that the shares together never come to more than they were.
  if getsMore == other then
    share(letter, head, quantity)
    share(other, otherHead, most - quantity)
  else
    if other ~= '' then share(other, otherHead, most - quantity) end
    share(letter, head, quantity)
  end
  takeBackReturn(sale, getsMore)
  return 'ok'
end

local adjust = letter == '' and block or allocate
local answer = adjust()
writeAdjusted(sale)
return answer
