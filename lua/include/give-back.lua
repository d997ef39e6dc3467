-- Gives the seats of a live hold back, once: released by its buyer or lapsed.
-- Needs: emit, the functions of sale and seats.

local HOLD_PATTERN = '^(%a)\t([^\t]*)\t([^\t]*)\t(%d+)\t(%d+)\t(%d+)\t(%d+)\t(%d+)\t(%d+)\t([^\t]*)\t'
local ITEM_PATTERN = '(%d+),%d+,%d+,%d+,(%d+),(%-?%d+),([%d.]*)'

local function giveBack(sale, holdId, record, letter, type, context)
  local _, _, buyerId, _, _, _, _, _, _, items = string.match(record, HOLD_PATTERN)
  for areaIndex, quantity, segmentIndex, offsets in string.gmatch(items, ITEM_PATTERN) do
    local area, n = areaOf(sale, areaIndex), tonumber(quantity)
    area.free, area.held = area.free + n, area.held - n
    sale.buyers[buyerId] = ticketsOf(sale, buyerId) - n
    if offsets ~= '' then
      local segment = segmentOf(sale, tonumber(segmentIndex))
      local seats = segment.seats
      for offset in string.gmatch(offsets, '%d+') do
        seats = marked(seats, offset - segment.offset + 1, 1, '0')
      end
      setSeats(sale, segment, seats)
    end
  end
  endHold(sale, holdId, letter, record, '')
  emit(sale, type, context, holdId .. '\t' .. buyerId .. '\t' .. items)
end

-- Gives back up to `most` lapsed holds of a sale; a late sweeper changes no answer, since every claim does
-- this first.
local function giveBackLapsed(sale, most)
  local lapsed = redis.call('ZRANGEBYSCORE', sale.keys.expiry, '-inf', nowMs, 'LIMIT', 0, most)
  for _, holdId in ipairs(lapsed) do
    giveBack(sale, holdId, holdOf(sale, holdId), 'e', 'hold.expired', 'system')
  end
  return #lapsed
end
