-- Where n seats together are: in a segment, in the first segment in order of preference, across segments of
-- one row. A search takes nothing. Needs: the functions of seats, counters and views.

-- Whether the seat beside a block would be alone: `edge` is what stands beyond it, in the segment or, where
-- it has no aisle there, in the next one.
local function isAlone(sale, segment, edge)
  if edge < 1 then return not isFreeBefore(sale, segment) end
  if edge > segment.count then return not isFreeBehind(sale, segment) end
  return string.find(segment.seats, '^' .. TAKEN, edge) ~= nil
end

-- Whether n seats of a free run [from, to] leave no single seat when the first of them is at a position.
local function leavesNone(sale, segment, n, from, to, at)
  return not (at - from == 1 and isAlone(sale, segment, from - 1))
    and not (to - at == n and isAlone(sale, segment, to + 1))
end

-- As `nearest`, where n seats of a free run lie nearest to the middle, or as near as can be without leaving a
-- single seat; nil if there is no such place. A seat further on either side is enough to look at: of three
-- places that follow each other one leaves none.
local function placeAside(sale, segment, n, from, to, nearest, centre)
  if leavesNone(sale, segment, n, from, to, nearest) then return nearest end
  local before = nearest > from and leavesNone(sale, segment, n, from, to, nearest - 1)
  local behind = nearest <= to - n and leavesNone(sale, segment, n, from, to, nearest + 1)
  -- With room on both sides it is in the very middle, or half a seat before it.
  if before and (not behind or centre % 2 == 0) then return nearest - 1 end
  return behind and nearest + 1 or nil
end

-- Where in a segment n seats of a class in a row lie nearest to the middle of the whole row, `centre` half
-- seats from its first; with `avoid` only where they leave no single seat. Nil if nowhere.
local function placeIn(sale, segment, n, class, avoid)
  local seats, run, centre = segment.seats, runOf[class], segment.centre - n + 1
  local middle = (centre - centre % 2) / 2 + 1
  local best, bestDistance
  local from, to = string.find(seats, run)
  while from do
    local last = to - n + 1
    if last >= from then
      local at = middle > last and last or middle < from and from or middle
      local distance = math.abs(2 * at - 2 - centre)
      -- Beside the nearest place of a run there is none that is nearer.
      if not best or distance < bestDistance then
        if avoid then at = placeAside(sale, segment, n, from, to, at, centre) end
        distance = at and math.abs(2 * at - 2 - centre)
        if at and (not best or distance < bestDistance) then best, bestDistance = at, distance end
      end
    end
    from, to = string.find(seats, run, to + 1)
  end
  return best
end

-- Bounds that n seats fit under; with `avoid` not of n and one more, of which one seat would be left alone.
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

-- A bound that was found too high.
local function correctBound(scope, slot, longest)
  if 128 + longest < string.byte(scope.runs, slot - scope.first + 1) then setBound(scope, slot, longest) end
end

-- Where free seats of another category or channel go on beside n and one more, none is left alone; that no
-- bound says, so in sales that have such seats so many rows are looked at for it.
local LOOKS_MAX = 16

-- The first segment in order of preference with n seats together that suits the step, and where in it.
local function findTogether(sale, scope, step, n, class)
  for pass = sale.strand == '1' and 1 or 2, 2 do
    local avoid, misfits = pass == 1, 0
    local looks = avoid and (sale.joined ~= '' or sale.channels > 0) and LOOKS_MAX or 0
    local bounds = boundsFor(n, avoid and looks == 0)
    local at = string.find(runsFor(sale, scope, step, n), bounds)
    while at do
      local segment = segmentAt(sale, scope.first + at - 1)
      if fits(sale, step, segment, n) then
        local from = placeIn(sale, segment, n, class, avoid)
        if from then return segment, from end
        local longest = longestRun(segment.seats, class)
        correctBound(scope, scope.first + at - 1, longest)
        if longest > n then
          looks = looks - 1
          if looks == 0 then bounds = boundsFor(n, true) end
        end
      else
        misfits = passBy(sale, scope, step, n, misfits)
      end
      at = string.find(runsFor(sale, scope, step, n), bounds, at + 1)
    end
  end
end

-- The most seats together in one segment, up to `most` (at most RUN_MAX): one look over all, and at none
-- whose bound is not above what was found before.
local function longestTogether(sale, scope, step, most, class)
  local longest, at, misfits = 0, 0, 0
  while longest < most do
    at = string.find(runsFor(sale, scope, step, longest + 1), boundsFor(longest + 1, false), at + 1)
    if not at then break end
    local segment = segmentAt(sale, scope.first + at - 1)
    local room = roomFor(sale, step, segment)
    if room > longest then
      local run = longestRun(segment.seats, class)
      correctBound(scope, scope.first + at - 1, run)
      longest = math.max(longest, math.min(run, most, room))
    else
      misfits = passBy(sale, scope, step, longest + 1, misfits)
    end
  end
  return longest
end
