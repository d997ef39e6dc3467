-- Best available: n seats together, nearest to the front of the order of preference and within a row to its
-- middle; failing that, by the policy of the request, split over neighbouring rows or taken anywhere.
-- Needs: the functions of seats, counters and take-items.
-- @include room
-- @include together
-- @include across
-- @include accessible
-- @include neighbours

-- The most seats together in one segment, up to `most`.
local function longestOf(sale, step, looks, most, fits)
  local longest = 0
  most = math.min(most, RUN_MAX, roomAtMost(sale, step))
  for _, look in ipairs(looks) do
    longest = math.max(longest, longestTogether(sale, look.scope, most, look.class, fits))
  end
  return longest
end

-- The most seats together, fewer than n; 0 if there is none.
local function largestBelow(sale, step, looks, n, fits)
  local most = math.min(n - 1, RUN_MAX, roomAtMost(sale, step))
  local largest = longestOf(sale, step, looks, most, fits)
  for _, look in ipairs(looks) do largest = longestAcross(sale, look, step, largest, most, fits) end
  return largest
end

-- Takes as large blocks as there are, in order of preference, until n are taken; returns how many it got.
local function takeScattered(sale, claim, step, looks, n, fits)
  local left, size = n, longestOf(sale, step, looks, n, fits)
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
    if not taken then size = longestOf(sale, step, looks, size - 1, fits) end
  end
  return n - left
end

-- Takes the best n seats of a step. Returns nothing, or reason and detail.
local function takeBest(sale, claim, step)
  local n, fits = step.n, step.fits
  if not fits then
    fits = function(segment, size)
      return step.money[segment.category]
        and (not step.area or segment.area == step.area)
        and (not step.category or segment.category == step.category)
        and counterOf(sale, segment.area).free >= size and not fullAbove(sale, segment.area, size)
    end
    step.fits = fits
  end
  if step.isAccessible then
    local segment, from = findAccessible(sale, n, fits)
    if not segment then
      return REASON.no_adjacent_seats, step.scope .. '.' .. (findAccessible(sale, 1, fits) and 1 or 0)
    end
    takeBlock(sale, claim, step, segment, from, n)
    return
  end
  local looks = claim.opened == '' and step.publicLooks or looksOf(sale, claim, step)
  local isRoom = n <= math.min(RUN_MAX, roomAtMost(sale, step))
  for _, look in ipairs(isRoom and looks or {}) do
    local segment, from = findTogether(sale, look.scope, n, look.class, fits)
    if segment then return takeBlock(sale, claim, step, segment, from, n) end
    local parts = findAcross(sale, look, step, n, fits)
    for _, part in ipairs(parts or {}) do takeBlock(sale, claim, step, unpack(part)) end
    if parts then return end
  end
  if step.policy == 'r' then
    local largest = largestBelow(sale, step, looks, n, fits)
    if largest == 0 then return REASON.sold_out, step.scope .. '.0' end
    return REASON.no_adjacent_seats, step.scope .. '.' .. largest
  end
  for _, look in ipairs(step.policy == 'p' and isRoom and looks or {}) do
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
