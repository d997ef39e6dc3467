-- Bounds: `runs` holds for each segment an upper bound of its longest free run as 128 + length (at most 127),
-- in order of preference, so that "the first row with n together" is one pattern match whatever the
-- occupancy. Giving seats back raises the bounds; taking some leaves them, and who finds a bound too high
-- corrects it. There is one set of bounds for what everybody may have, and one per channel for that and the
-- channel's own seats (a *lens*). A segment has a *slot* in the order of all seats of its area, and further
-- ones where the orders of its category and of the whole sale differ from that.
-- Needs: segmentOf, longestRun.

-- More than there are segments.
local COUNTS = 2 ^ 24

local function withBound(runs, at, bound)
  return string.sub(runs, 1, at - 1) .. string.char(128 + bound) .. string.sub(runs, at + 1)
end

local function setBound(scope, slot, bound)
  local at = slot - scope.first + 1
  if at < 1 or at > scope.count then return end
  scope.runs = withBound(scope.runs, at, bound)
  scope.changes = scope.changes + 1
  for _, view in ipairs(scope.views) do
    if view.isOpen[scope.kinds[at]] then
      view.runs = withBound(view.runs, at, bound)
    end
  end
end

-- The slots of a segment, each once.
local function slotsOf(segment)
  local slots = { segment.index }
  if segment.categorySlot ~= segment.index then slots[#slots + 1] = segment.categorySlot end
  if segment.anywhereSlot ~= segment.index and segment.anywhereSlot ~= segment.categorySlot then
    slots[#slots + 1] = segment.anywhereSlot
  end
  return slots
end

-- The bounds of a part of `runs` seen through a lens (0: what everybody may have), kept during the call. What
-- Redis has is from before the call: the segments freed since are entered when it is read.
local function scopeOf(sale, lens, first, count)
  local from = lens * sale.slots + first
  -- Orders that are the same share their slots: an area's part can begin where that of the whole sale does.
  local id = from * COUNTS + count
  local scope = sale.scopes[id]
  if not scope then
    local runs = redis.call('GETRANGE', sale.keys.runs, textOf(from), textOf(from + count - 1))
    scope = { first = first, from = from, count = count, runs = runs, changes = 0, views = {} }
    sale.scopes[id] = scope
    for _, segment in pairs(sale.freed) do
      local bound = longestRun(segment.seats, ANY_FREE)
      for _, slot in ipairs(slotsOf(segment)) do setBound(scope, slot, bound) end
    end
  end
  return scope
end

-- The segment that a slot stands for: beyond the first of them, the index is in a table of its own.
local function segmentAt(sale, slot)
  if slot < sale.segmentCount then return segmentOf(sale, slot) end
  local at = sale.segmentCount * SEGMENT_BYTES + (slot - sale.segmentCount) * 4
  return segmentOf(sale, struct.unpack('>I4', redis.call('GETRANGE', sale.keys.segments, at, at + 3)))
end

-- Raises the bounds of a segment in what the call has read of `runs`.
local function raiseBounds(sale, segment)
  local bound = longestRun(segment.seats, ANY_FREE)
  for _, scope in pairs(sale.scopes) do
    for _, slot in ipairs(slotsOf(segment)) do setBound(scope, slot, bound) end
  end
end

-- Gives a segment seats of which some became free: its bounds go up.
local function freeSeats(sale, segment, seats)
  segment.seats = seats
  sale.freed[segment.index] = segment
  raiseBounds(sale, segment)
end

-- How a claim may look at the seats: as everybody does, or as the channels do that it opens.
local function looksOf(sale, claim, step)
  if claim.opened == '' then
    local scope = scopeOf(sale, 0, step.first, step.count)
    scope.looks = scope.looks or { { lens = 0, scope = scope, class = '0' } }
    return scope.looks
  end
  local looks = {}
  for letter in string.gmatch(claim.opened, '%u') do
    local lens = string.byte(letter) - 64
    looks[#looks + 1] = {
      lens = lens, scope = scopeOf(sale, lens, step.first, step.count), class = '[0' .. letter .. ']',
    }
  end
  return looks
end
