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
  for i = 1, #looks do
    local look = looks[i]
    local segment, from = findTogether(sale, look.scope, step, n, look.class)
    if segment then
      takeBlock(sale, claim, step, segment, from, n)
      return true
    end
    local parts = findAcross(sale, look, step, n)
    if parts then
      for _, part in ipairs(parts) do takeBlock(sale, claim, step, unpack(part)) end
      return true
    end
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

-- Why a step gets nothing, and where it looked for how many.
local function refusalOf(step, largest, reason)
  return reason, step.letter .. step.index .. '.' .. largest
end

-- Takes the best n seats of a step. Returns nothing, or reason and detail.
function takeBest(sale, claim, step)
  local n = step.n
  if step.isAccessible then
    local segment, from, largest = findAccessible(sale, step, n)
    if segment then return takeBlock(sale, claim, step, segment, from, n) end
    return refusalOf(step, largest, largest > 0 and REASON.no_adjacent_seats or REASON.sold_out)
  end
  local looks = looksOf(sale, claim, step)
  local isRoom = n <= RUN_MAX and n <= roomAtMost(sale, step)
  if isRoom and takeTogether(sale, claim, step, looks, n) then return end
  if #looks > 1 then
    looks = { unitedLook(sale, claim, step, looks) }
    if isRoom and takeTogether(sale, claim, step, looks, n) then return end
  end
  if step.policy == 'r' then
    local largest = largestBelow(sale, step, looks, n)
    return refusalOf(step, largest, largest > 0 and REASON.no_adjacent_seats or REASON.sold_out)
  end
  for _, look in ipairs(step.policy == 'p' and isRoom and looks or {}) do
    if takeNeighbours(sale, claim, step, look, n) then return end
  end
  local got = takeScattered(sale, claim, step, looks, n)
  if got < n then return refusalOf(step, got, REASON.sold_out) end
end
end
