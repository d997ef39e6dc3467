-- Seats: one byte each in one string per sale: `h` held, `s` sold, `b` blocked; any other byte is free: `0`
-- for everybody, `w` an accessible place, `c` a companion seat, `A` and on for a channel. A segment is a run
-- of seats of one category without an aisle.
-- Needs: the functions of sale.

local RUN_MAX = 127
local SEGMENT_BYTES = 20
-- A run is free for somebody if it holds none of these.
local ANY_FREE, TAKEN = '[^hsb]', '[hsb]'

-- Redis is asked for so many bytes at a time, a multiple of SEGMENT_BYTES: a call that looks at many segments
-- of a sale asks seldom.
local CHUNK_BYTES = 1000

-- The chunk of a key, which the call does not change through here, that has an offset, and where in it.
local function chunkOf(sale, name, offset)
  local from = offset % CHUNK_BYTES
  local first, chunks = offset - from, sale.chunks[name]
  local bytes = chunks[first]
  if not bytes then
    bytes = redis.call('GETRANGE', sale.keys[name], textOf(first), textOf(first + CHUNK_BYTES - 1))
    chunks[first] = bytes
  end
  return bytes, from + 1
end

-- Bytes of such a key from one offset on.
local function bytesOf(sale, name, offset, count)
  local bytes, at = chunkOf(sale, name, offset)
  if at + count - 1 <= CHUNK_BYTES then return string.sub(bytes, at, at + count - 1) end
  return redis.call('GETRANGE', sale.keys[name], offset, offset + count - 1)
end

-- A segment by its index, with its seats as a string.
local function segmentOf(sale, index)
  local segment = sale.segments[index]
  if not segment then
    local chunk, at = chunkOf(sale, 'segments', index * SEGMENT_BYTES)
    local offset, count, centre, area, category, flags, categorySlot, anywhereSlot =
      struct.unpack('>I4I2i2I2I1I1I4I4', chunk, at)
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

-- The pattern of a run of each class: made once.
local runOf = setmetatable({}, { __index = function(runs, class)
  runs[class] = class .. '+'
  return runs[class]
end })

-- The longest run of bytes of a class.
local function longestRun(seats, class)
  local run, longest = runOf[class], 0
  local from, to = string.find(seats, run)
  while from do
    if to - from >= longest then longest = to - from + 1 end
    from, to = string.find(seats, run, to + 1)
  end
  return longest < RUN_MAX and longest or RUN_MAX
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
      redis.call('SETRANGE', sale.keys.seats, textOf(segment.offset), segment.seats)
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
      redis.call('SETRANGE', sale.keys.runs, textOf(scope.from), scope.runs)
    end
  end
end
