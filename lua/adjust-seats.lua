--[[
  adjust-seats: an operator changes what free seats are for, all or none: blocks and unblocks them, sets them
  aside for a channel or for everybody, releases accessible places. A seat that is so already stays.

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
  ARGV[6] mode        string  block, unblock, allocate or release
  ARGV[7] target      byte    allocate: what the seats become: `0`, or the channel's letter
  ARGV[8+] per area: its index, the head of its event (JSON up to the seats), number of seats; and per seat
          segment, offset and id as JSON

  Returns `ok`; or reason, tab, offsets parted by dots; `stale` when the sale has another version
  Emits   stock.blocked, stock.unblocked, allocation.changed or places.released per area in which something
          changed; hold.expired for lapsed holds, allocation.returned for overdue channels
  Cost    O(seats)
]]
local generation, outbox, standing, due, keys = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS
local expected, nonce, context, saleId = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local version, mode, target, args = ARGV[5], ARGV[6], ARGV[7], ARGV
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

-- @include seat-changes

local sale = openSale(saleId, saleKeysAt(5), 1)
local refusal = refusedBy(sale, version)
if refusal then return refusal end
giveBackDue(sale)

-- What becomes of the seats of a segment and of their homes, by its index; the bytes by position.
local wanted = {}
local function wantedOf(index)
  if not wanted[index] then
    local segment = segmentOf(sale, index)
    local homes = redis.call('GETRANGE', sale.keys.homes, segment.offset, segment.offset + segment.count - 1)
    wanted[index] = { segment = segment, homes = homes, bytes = {}, homeBytes = {} }
  end
  return wanted[index]
end

local areas, refused, at = {}, {}, 8
while args[at] do
  local area = { index = args[at], head = args[at + 1], ids = {} }
  for i = 1, args[at + 2] do
    local seatAt = at + 3 * i
    local of, offset = wantedOf(tonumber(args[seatAt])), args[seatAt + 1]
    local place = offset - of.segment.offset + 1
    local byte, home = JUDGES[mode](of.bytes[place] or string.sub(of.segment.seats, place, place),
      of.homeBytes[place] or string.sub(of.homes, place, place))
    if byte == false then
      refused[home] = refused[home] or {}
      table.insert(refused[home], offset)
    elseif byte then
      of.bytes[place], of.homeBytes[place] = byte, home
      table.insert(area.ids, args[seatAt + 2])
    end
  end
  areas[#areas + 1] = area
  at = at + 3 + 3 * args[at + 2]
end

local function apply()
  local late = mode == 'allocate' and target ~= '0' and returnedFor(sale, target)
  if late then return late end
  for _, reason in ipairs({ REASON.stock_in_use, REASON.seats_reserved }) do
    if refused[reason] then return reason .. '\t' .. table.concat(refused[reason], '.') end
  end
  for _, of in pairs(wanted) do
    local seats, homes = markedAt(of.segment.seats, of.bytes), markedAt(of.homes, of.homeBytes)
    if mode == 'block' then of.segment.seats = seats
    elseif seats ~= of.segment.seats then freeSeats(sale, of.segment, seats) end
    if homes ~= of.homes then redis.call('SETRANGE', sale.keys.homes, of.segment.offset, homes) end
  end
  local from = mode == 'block' and 'free' or 'blocked'
  local to = mode == 'block' and 'blocked' or 'free'
  for _, area in ipairs(areas) do
    if #area.ids > 0 then
      -- Only in the area: what cannot be sold is not in the way of a group's capacity.
      if mode == 'block' or mode == 'unblock' then shift(counterOf(sale, area.index), from, to, #area.ids) end
      emit(sale, TYPES[mode], context, area.head .. '"seatIds":[' .. table.concat(area.ids, ',') .. ']}')
      if mode == 'allocate' and target ~= '0' then
        redis.call('HSET', sale.keys.sale, 'homes', 1)
        takeBackReturn(sale, target)
      end
    end
  end
  return 'ok'
end

local answer = apply()
writeAdjusted(sale)
return answer
