-- n seats together over segments of one row that only their category parts.
-- Needs: the functions of together, bounds and counters.

-- Whether the bounds of a row's segments leave room for n together; only then it is looked at seat by seat.
local function mayHold(scope, row, n)
  local sum = 0
  for index in string.gmatch(row, '%d+') do
    sum = sum + string.byte(scope.runs, index - scope.first + 1) - 128
    if sum >= n then return true end
  end
  return false
end

-- The segments of a row as parts { segment, at }, and its seats; those that `fits` excludes are as blocked.
local function readRow(sale, scope, row, class, fits)
  local parts, seats = {}, ''
  for index in string.gmatch(row, '%d+') do
    local segment = segmentOf(sale, tonumber(index))
    correctBound(scope, segment.index, longestRun(segment.seats, class))
    parts[#parts + 1] = { segment = segment, at = #seats }
    seats = seats .. (fits(segment, 1) and segment.seats or string.rep('b', segment.count))
  end
  return parts, seats
end

-- n seats of a class in a row of an area: the parts { segment, from, size }, or nil.
local function findInRow(sale, scope, row, n, class, fits)
  local parts, seats = readRow(sale, scope, row, class, fits)
  local whole = { seats = seats, centre = parts[1].segment.centre, count = #seats }
  local from = placeIn(sale, whole, n, class, false)
  if not from then return nil end
  local taken = {}
  for _, part in ipairs(parts) do
    local first, last = math.max(from - part.at, 1), math.min(from + n - 1 - part.at, part.segment.count)
    if first <= last then taken[#taken + 1] = { part.segment, first, last - first + 1 } end
  end
  return taken
end

-- The first row in order of preference with n seats together across its segments, as parts; or nil.
local function findAcross(sale, look, step, n, fits)
  if step.category or sale.joined == '' then return nil end
  for areaIndex in string.gmatch(step.area or sale.joined, '%d+') do
    if counterOf(sale, areaIndex).free >= n and not fullAbove(sale, areaIndex, n) then
      local scope = scopeOf(sale, look.lens, 0, sale.segmentCount)
      for row in string.gmatch(joinedRowsOf(sale, areaIndex), '[^;]+') do
        local taken = mayHold(scope, row, n) and findInRow(sale, scope, row, n, look.class, fits)
        if taken then return taken end
      end
    end
  end
end

-- The most seats together across the segments of a row, up to `most`, where `longest` are known.
local function longestAcross(sale, look, step, longest, most, fits)
  if step.category or sale.joined == '' then return longest end
  for areaIndex in string.gmatch(step.area or sale.joined, '%d+') do
    local room = math.min(most, roomOf(sale, areaIndex))
    local scope = longest < room and scopeOf(sale, look.lens, 0, sale.segmentCount)
    for row in string.gmatch(scope and joinedRowsOf(sale, areaIndex) or '', '[^;]+') do
      if longest >= room then break end
      if mayHold(scope, row, longest + 1) then
        local _, seats = readRow(sale, scope, row, look.class, fits)
        longest = math.max(longest, math.min(longestRun(seats, look.class), room))
      end
    end
  end
  return longest
end
