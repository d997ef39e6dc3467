-- Seats: one byte each in one string per sale. A segment is a run of seats without an aisle; `runs` keeps
-- each segment's longest free run as 128 + length (at most 127), in order of preference, so that "the first
-- row with n together" is one pattern match whatever the occupancy.

local RUN_MAX = 127

-- A segment by its index, with its seats as a string.
local function segmentOf(sale, index)
  local segment = sale.segments[index]
  if not segment then
    local packed = redis.call('GETRANGE', sale.keys.segments, index * 8, index * 8 + 7)
    local offset, count, centre = struct.unpack('>I4I2i2', packed)
    local seats = redis.call('GETRANGE', sale.keys.seats, offset, offset + count - 1)
    segment = {
      index = index, offset = offset, count = count, centre = centre, seats = seats, stored = seats,
    }
    sale.segments[index] = segment
  end
  return segment
end

local function longestRun(seats)
  local longest = 0
  for run in string.gmatch(seats, '0+') do
    if #run > longest then longest = #run end
  end
  return math.min(longest, RUN_MAX)
end

-- Brings the entry of one segment up to date in a range of runs.
local function noteRun(range, segment)
  local at = segment.index - range.first + 1
  if at < 1 or at > range.count then return end
  range.runs = string.sub(range.runs, 1, at - 1) .. string.char(128 + longestRun(segment.seats))
    .. string.sub(range.runs, at + 1)
end

-- The runs of `count` segments from `first`, kept up to date during the call. What Redis has is from before
-- the call, so segments that were changed since (lapsed holds, chosen seats) are entered when it is read.
local function runsOf(sale, first, count)
  local range = sale.runs[first]
  if not range then
    local runs = redis.call('GETRANGE', sale.keys.runs, first, first + count - 1)
    range = { first = first, count = count, runs = runs }
    for _, segment in pairs(sale.segments) do
      if segment.seats ~= segment.stored then noteRun(range, segment) end
    end
    sale.runs[first] = range
  end
  return range
end

-- Gives a segment its new seats.
local function setSeats(sale, segment, seats)
  segment.seats = seats
  for _, range in pairs(sale.runs) do noteRun(range, segment) end
end

-- `seats` with n bytes from position `at` (1 is the first) set to `byte`.
local function marked(seats, at, n, byte)
  return string.sub(seats, 1, at - 1) .. string.rep(byte, n) .. string.sub(seats, at + n)
end

-- Where in a segment n free seats in a row lie nearest to the middle of the whole row; nil if nowhere.
local function nearestRun(segment, n)
  local best, bestDistance
  local from, to = string.find(segment.seats, '0+')
  while from do
    if to - from + 1 >= n then
      local wanted = math.floor((segment.centre - (n - 1)) / 2 + 0.5) + 1
      local at = math.max(from, math.min(wanted, to - n + 1))
      local distance = math.abs(2 * (at - 1) + n - 1 - segment.centre)
      if not best or distance < bestDistance then best, bestDistance = at, distance end
    end
    from, to = string.find(segment.seats, '0+', to + 1)
  end
  return best
end

-- Writes the segments that changed.
local function writeSeats(sale)
  for index, segment in pairs(sale.segments) do
    if segment.seats ~= segment.stored then
      redis.call('SETRANGE', sale.keys.seats, segment.offset, segment.seats)
      redis.call('SETRANGE', sale.keys.runs, index, string.char(128 + longestRun(segment.seats)))
    end
  end
end
