-- n seats together over segments of one row that only their category parts.
-- Needs: the functions of together, united, joined-rows and room.

-- Whether the bounds of a row's segments leave room for n together; only then it is looked at seat by seat.
-- A segment without a free seat parts those on either side of it.
local function mayHold(scope, row, n)
  local sum = 0
  for index in string.gmatch(row, '%d+') do
    local bound = string.byte(scope.runs, index - scope.first + 1) - 128
    sum = bound > 0 and sum + bound or 0
    if sum >= n then return true end
  end
  return false
end

-- The bounds of the rows that a step may look at: where it is bound to an area, those of that area.
local function rowsScopeOf(sale, look, step)
  return step.area and look.scope or wholeScopeOf(sale, look)
end

-- The segments of a row as parts { segment, at }, and its seats; of those that do not suit the step the free
-- ones are free for others (`x`).
local function readRow(sale, scope, row, class, step)
  local parts, seats, at = {}, {}, 0
  for i, segment in ipairs(segmentsOfRow(sale, row)) do
    correctBound(scope, segment.index, longestRun(segment.seats, class))
    parts[i] = { segment = segment, at = at }
    seats[i] = fits(sale, step, segment, 1) and segment.seats or string.gsub(segment.seats, ANY_FREE, 'x')
    at = at + segment.count
  end
  return parts, table.concat(seats)
end

-- n seats of a class in a row of an area: the parts { segment, from, size }, or nil; with `avoid` only such
-- as leave no single seat.
local function findInRow(sale, scope, row, n, class, step, avoid)
  local parts, seats = readRow(sale, scope, row, class, step)
  local whole = { seats = seats, centre = parts[1].segment.centre, count = #seats }
  local from = placeIn(sale, whole, n, class, avoid)
  if not from then return nil end
  local taken = {}
  for _, part in ipairs(parts) do
    local first, last = math.max(from - part.at, 1), math.min(from + n - 1 - part.at, part.segment.count)
    if first <= last then taken[#taken + 1] = { part.segment, first, last - first + 1 } end
  end
  return taken
end

-- The first row in order of preference with n seats together across its segments, as parts; or nil.
local function findAcross(sale, look, step, n)
  if step.category or sale.joined == '' then return nil end
  local isAny = false
  for pass = sale.strand == '1' and 1 or 2, 2 do
    for areaIndex in string.gmatch(step.area or sale.joined, '%d+') do
      if roomOf(sale, areaIndex) >= n then
        local scope = rowsScopeOf(sale, look, step)
        for row in string.gmatch(joinedRowsOf(sale, areaIndex), '[^;]+') do
          if mayHold(scope, row, n) then
            local taken = findInRow(sale, scope, row, n, look.class, step, pass == 1)
            if taken then return taken end
            isAny = true
          end
        end
      end
    end
    if not isAny then return nil end
  end
end

-- The most seats together across the segments of a row, up to `most`, where `longest` are known.
local function longestAcross(sale, look, step, longest, most)
  if step.category or sale.joined == '' then return longest end
  for areaIndex in string.gmatch(step.area or sale.joined, '%d+') do
    local room = math.min(most, roomOf(sale, areaIndex))
    local scope = longest < room and rowsScopeOf(sale, look, step)
    for row in string.gmatch(scope and joinedRowsOf(sale, areaIndex) or '', '[^;]+') do
      if longest >= room then break end
      if mayHold(scope, row, longest + 1) then
        local _, seats = readRow(sale, scope, row, look.class, step)
        longest = math.max(longest, math.min(longestRun(seats, look.class), room))
      end
    end
  end
  return longest
end
