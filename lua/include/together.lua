-- Where n seats together are: in a segment, in the first segment in order of preference, across segments of
-- one row. A search takes nothing. Needs: the functions of seats and counters.

-- Whether a gap beside a block is one seat alone: `edge` is the seat beyond it, `isOpen` says whether the
-- seat beyond the segment's end is free.
local function isSingle(seats, gap, edge, isOpen)
  if gap ~= 1 then return false end
  local byte = string.sub(seats, edge, edge)
  if edge >= 1 and byte ~= '' then return not string.find(byte, ANY_FREE) end
  return not isOpen
end

-- Where in a segment n seats of a class in a row lie nearest to the middle of the whole row; with `avoid`
-- only where they leave no single seat. Nil if nowhere.
local function placeIn(sale, segment, n, class, avoid)
  local best, bestDistance
  local seats, run = segment.seats, class .. '+'
  local from, to = string.find(seats, run)
  while from do
    local last = to - n + 1
    if last >= from then
      local wanted = math.floor((segment.centre - (n - 1)) / 2 + 0.5) + 1
      local nearest = math.max(from, math.min(wanted, last))
      for at = math.max(from, nearest - 1), math.min(last, nearest + 1) do
        local distance = math.abs(2 * (at - 1) + n - 1 - segment.centre)
        if (not best or distance < bestDistance) and not (avoid
          and (isSingle(seats, at - from, from - 1, from == 1 and isFreeBefore(sale, segment))
            or isSingle(seats, last - at, to + 1, to == segment.count and isFreeBehind(sale, segment)))) then
          best, bestDistance = at, distance
        end
      end
    end
    from, to = string.find(seats, run, to + 1)
  end
  return best
end

-- Bounds that n seats fit under. Of n and one more, one seat would be left alone.
local boundsBySize = { [true] = {}, [false] = {} }
local function boundsFor(n, avoid)
  local bounds = boundsBySize[avoid][n]
  if not bounds then
    local more = avoid and string.char(128 + math.min(n + 2, RUN_MAX)) or ''
    bounds = '[' .. string.char(128 + n) .. more .. '-\255]'
    boundsBySize[avoid][n] = bounds
  end
  return bounds
end

-- The first segment in order of preference with n seats together for which `fits` holds, and where in it.
local function findTogether(sale, scope, n, class, fits)
  for pass = sale.strand == '1' and 1 or 2, 2 do
    local avoid = pass == 1
    local bounds = boundsFor(n, avoid)
    local at = string.find(scope.runs, bounds)
    while at do
      local segment = segmentAt(sale, scope.first + at - 1)
      if fits(segment, n) then
        local from = placeIn(sale, segment, n, class, avoid)
        if from then return segment, from end
      end
      local longest = longestRun(segment.seats, class)
      if 128 + longest < string.byte(scope.runs, at) then setBound(scope, scope.first + at - 1, longest) end
      at = string.find(scope.runs, bounds, at + 1)
    end
  end
end

-- n seats together over segments of one row that only their category parts; `joined` lists them, `3.4;7.8.9`,
-- in order of preference. Returns the parts { segment, from, size }, or nil.
local function findAcross(sale, n, class, fits)
  for chain in string.gmatch(sale.joined, '[^;]+') do
    local parts, seats = {}, ''
    for index in string.gmatch(chain, '%d+') do
      local segment = segmentOf(sale, tonumber(index))
      parts[#parts + 1] = { segment = segment, at = #seats }
      seats = seats .. (fits(segment, 1) and segment.seats or string.rep('b', segment.count))
    end
    local first = parts[1].segment
    local from = counterOf(sale, first.area).free >= n and not fullAbove(sale, first.area, n)
      and placeIn(sale, { seats = seats, centre = first.centre, count = #seats }, n, class, false)
    if from then
      local taken = {}
      for _, part in ipairs(parts) do
        local head, last = math.max(from - part.at, 1), math.min(from + n - 1 - part.at, part.segment.count)
        if head <= last then taken[#taken + 1] = { part.segment, head, last - head + 1 } end
      end
      return taken
    end
  end
end
