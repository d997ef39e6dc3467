-- Best available: n seats together, nearest to the front of the order of preference and within a row to its
-- middle; failing that, by the policy of the request, split over neighbouring rows or taken anywhere.
-- Needs: the functions of seats, counters and take-items.

-- Nothing else of all this is seen outside: a script has room for 200 locals.
local takeBest
do
-- @include room
-- @include views
-- @include together
-- @include united
-- @include across
-- @include accessible
-- @include neighbours

-- The most seats together in one segment, up to `most`.
local function longestOf(sale, step, looks, most)
  local longest = 0
  most = math.min(most, RUN_MAX, roomAtMost(sale, step))
  for _, look in ipairs(looks) do
    longest = math.max(longest, longestTogether(sale, look.scope, step, most, look.class))
  end
  return longest
end

-- The most seats together, fewer than n; 0 if there is none.
local function largestBelow(sale, step, looks, n)
  local most = math.min(n - 1, RUN_MAX, roomAtMost(sale, step))
  local largest = longestOf(sale, step, looks, most)
  for _, look in ipairs(looks) do largest = longestAcross(sale, look, step, largest, most) end
  return largest
end

-- Takes n seats together through the first look that has them; returns whether any has.
local function takeTogether(sale, claim, step, looks, n)
  for _, look in ipairs(looks) do
    local segment, from = findTogether(sale, look.scope, step, n, look.class)
    local parts = segment and { { segment, from, n } } or findAcross(sale, look, step, n)
    for _, part in ipairs(parts or {}) do takeBlock(sale, claim, step, unpack(part)) end
    if parts then return true end
  end
end

-- Takes as large blocks as there are, in order of preference, until n are taken; returns how many it got.
local function takeScattered(sale, claim, step, looks, n)
  local left, size = n, longestOf(sale, step, looks, n)
  while left > 0 and size > 0 do
    size = math.min(size, left)
    local taken = false
    for _, look in ipairs(looks) do
      local segment, from = findTogether(sale, look.scope, step, size, look.class)
      if segment then
        takeBlock(sale, claim, step, segment, from, size)
        left, taken = left - size, true
        break
      end
    end
    if not taken then size = longestOf(sale, step, looks, size - 1) end
  end
  return n - left
end

-- Whether a segment suits a step, and the counters over it have room for so many.
local function fitsOf(sale, step)
  return function(segment, size)
    return step.money[segment.category]
      and (not step.area or segment.area == step.area)
      and (not step.category or segment.category == step.category)
      and counterOf(sale, segment.area).free >= size and not fullAbove(sale, segment.area, size)
  end
end

-- Takes the best n seats of a step. Returns nothing, or reason and detail.
function takeBest(sale, claim, step)
  local n = step.n
  step.fits = step.fits or fitsOf(sale, step)
  if step.isAccessible then
    local segment, from, largest = findAccessible(sale, n, step.fits)
    if segment then return takeBlock(sale, claim, step, segment, from, n) end
    return largest > 0 and REASON.no_adjacent_seats or REASON.sold_out, step.scope .. '.' .. largest
  end
  local looks = claim.opened == '' and step.publicLooks or looksOf(sale, claim, step)
  local isRoom = n <= math.min(RUN_MAX, roomAtMost(sale, step))
  if isRoom and takeTogether(sale, claim, step, looks, n) then return end
  if #looks > 1 then
    looks = { unitedLook(sale, claim, step, looks) }
    if isRoom and takeTogether(sale, claim, step, looks, n) then return end
  end
  if step.policy == 'r' then
    local largest = largestBelow(sale, step, looks, n)
    return largest > 0 and REASON.no_adjacent_seats or REASON.sold_out, step.scope .. '.' .. largest
  end
  for _, look in ipairs(step.policy == 'p' and isRoom and looks or {}) do
    if takeNeighbours(sale, claim, step, look, n) then return end
  end
  local got = takeScattered(sale, claim, step, looks, n)
  if got < n then return REASON.sold_out, step.scope .. '.' .. got end
end
end
