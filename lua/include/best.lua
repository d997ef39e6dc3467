-- Best available: n seats together, nearest to the front of the order of preference and within a row to its
-- middle; failing that, by the policy of the request, split over neighbouring rows or taken anywhere.
-- Needs: the functions of seats, counters and take-items.
-- @include together
-- @include accessible

-- How far from a segment, in order of preference inside its area, its neighbours are.
local NEIGHBOURS = 3
-- How many segments are looked at as the larger part, per size.
local ANCHORS = 8

-- Two blocks in neighbouring rows, the larger first: segment, from, size, segment, from, size. Nil if there
-- are none.
local function findNeighbours(sale, scope, n, class, fits)
  for larger = n - 1, math.ceil(n / 2), -1 do
    local bounds, rest = boundsFor(larger, false), n - larger
    local at = string.find(scope.runs, bounds)
    for _ = 1, ANCHORS do
      if not at then break end
      local anchor = segmentAt(sale, scope.first + at - 1)
      local from = fits(anchor, larger) and placeIn(sale, anchor, larger, class, false)
      for away = 1, from and NEIGHBOURS or 0 do
        for _, index in ipairs({ anchor.index - away, anchor.index + away }) do
          local beside = index >= 0 and index < sale.segmentCount and segmentOf(sale, index)
          if beside and beside.area == anchor.area and fits(beside, rest) then
            local besideFrom = placeIn(sale, beside, rest, class, false)
            if besideFrom then return anchor, from, larger, beside, besideFrom, rest end
          end
        end
      end
      at = string.find(scope.runs, bounds, at + 1)
    end
  end
end

-- The most seats together, fewer than n; 0 if there is none.
local function largestBelow(sale, step, looks, n, fits)
  for size = n - 1, 1, -1 do
    for _, look in ipairs(looks) do
      if findTogether(sale, look.scope, size, look.class, fits)
        or (not step.category and findAcross(sale, size, look.class, fits)) then
        return size
      end
    end
  end
  return 0
end

-- Takes as large blocks as there are, in order of preference, until n are taken; returns how many it got.
local function takeScattered(sale, claim, step, looks, n, fits)
  local left, size = n, n
  while left > 0 and size > 0 do
    size = math.min(size, left)
    local taken = false
    for _, look in ipairs(looks) do
      local segment, from = findTogether(sale, look.scope, size, look.class, fits)
      if segment then
        takeBlock(sale, claim, step, segment, from, size)
        left, taken = left - size, true
        break
      end
    end
    if not taken then size = size - 1 end
  end
  return n - left
end

-- Takes the best n seats of a step. Returns nothing, or reason and detail.
local function takeBest(sale, claim, step)
  local n = step.n
  local function fits(segment, size)
    return step.money[segment.category]
      and (not step.area or segment.area == step.area)
      and (not step.category or segment.category == step.category)
      and counterOf(sale, segment.area).free >= size and not fullAbove(sale, segment.area, size)
  end
  if step.isAccessible then
    local segment, from = findAccessible(sale, n, fits)
    if not segment then
      return REASON.no_adjacent_seats, step.scope .. '.' .. (findAccessible(sale, 1, fits) and 1 or 0)
    end
    takeBlock(sale, claim, step, segment, from, n)
    return
  end
  local looks = {}
  for letter in string.gmatch(claim.opened, '%u') do
    local lens = string.byte(letter) - 64
    looks[#looks + 1] = { scope = scopeOf(sale, lens, step.first, step.count), class = '[0' .. letter .. ']' }
  end
  if #looks == 0 then looks[1] = { scope = scopeOf(sale, 0, step.first, step.count), class = '0' } end
  if n <= RUN_MAX then
    for _, look in ipairs(looks) do
      local segment, from = findTogether(sale, look.scope, n, look.class, fits)
      if segment then return takeBlock(sale, claim, step, segment, from, n) end
      local parts = not step.category and findAcross(sale, n, look.class, fits)
      for _, part in ipairs(parts or {}) do takeBlock(sale, claim, step, unpack(part)) end
      if parts then return end
    end
  end
  if step.policy == 'r' then
    local largest = largestBelow(sale, step, looks, math.min(n, RUN_MAX + 1), fits)
    if largest == 0 then return REASON.sold_out, step.scope .. '.0' end
    return REASON.no_adjacent_seats, step.scope .. '.' .. largest
  end
  for _, look in ipairs(step.policy == 'p' and n <= RUN_MAX and looks or {}) do
    local one, oneFrom, oneSize, other, otherFrom, otherSize =
      findNeighbours(sale, look.scope, n, look.class, fits)
    if one then
      takeBlock(sale, claim, step, one, oneFrom, oneSize)
      return takeBlock(sale, claim, step, other, otherFrom, otherSize)
    end
  end
  local got = takeScattered(sale, claim, step, looks, n, fits)
  if got < n then return REASON.sold_out, step.scope .. '.' .. got end
end
