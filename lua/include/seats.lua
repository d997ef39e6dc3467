-- Seats: one byte each in one string per sale: `h` held, `s` sold, `b` blocked; any other byte is free: `0`
-- for everybody, `w` an accessible place, `c` a companion seat, `A` and on for a channel. A segment is a run
-- of seats of one category without an aisle.
-- Needs: the functions of sale.

local RUN_MAX = 127
local SEGMENT_BYTES = 20
-- A run is free for somebody if it holds none of these.
local ANY_FREE, TAKEN = '[^hsb]', '[hsb]'

-- Numbers as texts: to make one costs more than the rest of a step, and they are few.
local texts = {}
local function textOf(number)
  local text = texts[number]
  if not text then
    text = tostring(number)
    texts[number] = text
  end
  return text
end

-- Redis is asked for so many bytes at a time: a call that looks at many segments of a sale asks seldom.
local CHUNK_BYTES = 1000

-- Bytes of a key that the call does not change through here, from one offset on.
local function bytesOf(sale, name, offset, count)
  local chunk = math.floor(offset / CHUNK_BYTES)
  local from = offset - chunk * CHUNK_BYTES
  if from + count > CHUNK_BYTES then
    return redis.call('GETRANGE', sale.keys[name], offset, offset + count - 1)
  end
  local chunks = sale.chunks[name]
  local bytes = chunks[chunk]
  if not bytes then
    bytes = redis.call('GETRANGE', sale.keys[name], chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES - 1)
    chunks[chunk] = bytes
  end
  return string.sub(bytes, from + 1, from + count)
end

-- A segment by its index, with its seats as a string.
local function segmentOf(sale, index)
  local segment = sale.segments[index]
  if not segment then
    local packed = bytesOf(sale, 'segments', index * SEGMENT_BYTES, SEGMENT_BYTES)
    local offset, count, centre, area, category, flags, categorySlot, anywhereSlot =
      struct.unpack('>I4I2i2I2I1I1I4I4', packed)
    local seats = bytesOf(sale, 'seats', offset, count)
    segment = {
      index = index, offset = offset, count = count, centre = centre, area = textOf(area),
      category = textOf(category), joinsLeft = flags % 2 == 1, joinsRight = flags >= 2,
      categorySlot = categorySlot, anywhereSlot = anywhereSlot, seats = seats, stored = seats,
    }
    sale.segments[index] = segment
    if flags > 0 then sale.startingAt[offset], sale.endingAt[offset + count - 1] = segment, segment end
  end
  return segment
end

-- The longest run of bytes of a class.
local function longestRun(seats, class)
  local longest = 0
  for run in string.gmatch(seats, class .. '+') do
    if #run > longest then longest = #run end
  end
  return math.min(longest, RUN_MAX)
end

-- `seats` with n bytes from position `at` (1 is the first) set to what `bytes` says, one or n of them.
local function marked(seats, at, n, bytes)
  if #bytes < n then bytes = string.rep(bytes, n) end
  return string.sub(seats, 1, at - 1) .. bytes .. string.sub(seats, at + n)
end

-- `seats` with other bytes at some positions, by position; copied once, however many they are.
local function markedAt(seats, bytes)
  local order, parts, last = {}, {}, 0
  for at in pairs(bytes) do order[#order + 1] = at end
  table.sort(order)
  for _, at in ipairs(order) do
    parts[#parts + 1] = string.sub(seats, last + 1, at - 1)
    parts[#parts + 1] = bytes[at]
    last = at
  end
  parts[#parts + 1] = string.sub(seats, last + 1)
  return table.concat(parts)
end

-- @include joined-rows
-- @include bounds

-- A call that only refused writes nothing, until so many bounds were too high that the next one would have to
-- look at all of them again.
local CORRECTIONS_MAX = 8

-- Writes the segments and bounds that changed.
local function writeSeats(sale)
  local isRefused = sale.seq == sale.firstSeq
  for _, segment in pairs(sale.segments) do
    if segment.seats ~= segment.stored then
      redis.call('SETRANGE', sale.keys.seats, segment.offset, segment.seats)
    end
  end
  for _, segment in pairs(sale.freed) do
    local bound = string.char(128 + longestRun(segment.seats, ANY_FREE))
    for lens = 0, sale.channels do
      for _, slot in ipairs(slotsOf(segment)) do
        redis.call('SETRANGE', sale.keys.runs, lens * sale.slots + slot, bound)
      end
    end
  end
  for _, scope in pairs(sale.scopes) do
    if scope.changes > (isRefused and CORRECTIONS_MAX or 0) then
      redis.call('SETRANGE', sale.keys.runs, scope.from, scope.runs)
    end
  end
end
