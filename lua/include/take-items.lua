-- Takes places for the steps of a claim and packs them as the items of its hold.
-- Needs: note, takeFrom, the functions of counters and seats.

-- As `move` from free to held, to be undone; the room was looked for.
local function hold(sale, areaIndex, n)
  takeFrom(counterOf(sale, areaIndex), n)
  local above = aboveOf(sale, areaIndex)
  if not above then return end
  for _, index in ipairs(above) do takeFrom(counterOf(sale, index), n) end
end

local function addItem(claim, front, n, channel, segmentIndex, offsets)
  claim.items[#claim.items + 1] = front .. n .. ',' .. channel .. ',' .. segmentIndex .. ',' .. offsets
end

-- The counter, an area or one above it, that has no room for n more; nil if all have.
local function fullFor(sale, areaIndex, n)
  return counterOf(sale, areaIndex).free < n and areaIndex or fullAbove(sale, areaIndex, n)
end

-- How many a claim may take of a general area: not what is set aside for channels that it does not open.
local function openIn(sale, claim, areaIndex)
  local open = counterOf(sale, areaIndex).free
  if sale.channels == 0 then return open end
  for k, left in ipairs(allottedOf(sale, areaIndex)) do
    if not string.find(claim.opened, letterOf(k), 1, true) then open = open - left end
  end
  return open
end

local function takeQuantity(sale, claim, step)
  local left = step.n
  local full = openIn(sale, claim, step.area) < left and step.area or fullAbove(sale, step.area, left)
  if full then return REASON.sold_out, 'k' .. full end
  hold(sale, step.area, left)
  local allotted = sale.channels > 0 and allottedOf(sale, step.area)
  for letter in string.gmatch(sale.channels > 0 and claim.opened or '', '%u') do
    local k = string.byte(letter) - 64
    local drawn = math.min(left, allotted[k])
    if drawn > 0 then
      note(allotted, k)
      allotted[k], left = allotted[k] - drawn, left - drawn
      addItem(claim, step.front, drawn, k, -1, '')
    end
  end
  if left > 0 then addItem(claim, step.front, left, 0, -1, '') end
end

local function holdSeats(segment, seats)
  note(segment, 'seats')
  segment.seats = seats
end

local function channelOf(byte)
  return string.find(byte, '%u') and string.byte(byte) - 64 or 0
end

-- Takes n free seats of a segment from a position on; one item per channel that follows another.
local function takeBlock(sale, claim, step, segment, from, n)
  local area, category, items = segment.area, segment.category, claim.items
  hold(sale, area, n)
  if sale.channels == 0 then
    local count = textOf(n)
    items[#items + 1] = area .. step.money[category] .. count .. ',0,'
      .. textOf(segment.index) .. ',' .. textOf(segment.offset + from - 1)
      .. (n > 1 and '+' .. count or '')
    return holdSeats(segment, marked(segment.seats, from, n, 'h'))
  end
  local front = area .. step.money[category]
  local first = from
  while first < from + n do
    local channel, last = channelOf(string.sub(segment.seats, first, first)), first
    while last + 1 < from + n and channelOf(string.sub(segment.seats, last + 1, last + 1)) == channel do
      last = last + 1
    end
    local count, offset = last - first + 1, segment.offset + first - 1
    addItem(claim, front, count, channel, segment.index, count == 1 and offset or offset .. '+' .. count)
    first = last + 1
  end
  holdSeats(segment, marked(segment.seats, from, n, 'h'))
end

local function takeChosen(sale, claim, step)
  local segment = segmentOf(sale, step.segment)
  local seats, held, taken, reserved, byChannel, count = segment.seats, {}, {}, {}, {}, 0
  local allowed = '0' .. step.allowed .. claim.opened
  for text in string.gmatch(step.offsets, '%d+') do
    local at = text - segment.offset + 1
    local byte = held[at] or string.sub(seats, at, at)
    if string.find(allowed, byte, 1, true) then
      local channel = channelOf(byte)
      byChannel[channel] = byChannel[channel] and byChannel[channel] .. '.' .. text or text
      held[at] = 'h'
    elseif string.find(byte, ANY_FREE) then
      reserved[#reserved + 1] = text
    else
      taken[#taken + 1] = text
    end
    count = count + 1
  end
  if #taken > 0 then return REASON.seats_taken, table.concat(taken, '.') end
  if #reserved > 0 then return REASON.seats_reserved, table.concat(reserved, '.') end
  local full = fullFor(sale, step.area, count)
  if full then return REASON.sold_out, 'k' .. full end
  claim.before = claim.before or {}
  claim.before[segment] = claim.before[segment] or segment.seats
  hold(sale, step.area, count)
  holdSeats(segment, markedAt(seats, held))
  for channel = 0, sale.channels do
    local offsets = byChannel[channel]
    if offsets then
      local _, dots = string.gsub(offsets, '%.', '')
      addItem(claim, step.front, dots + 1, channel, step.segment, offsets)
    end
  end
end
