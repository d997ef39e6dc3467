-- Views: the bounds of a scope without the segments that a step cannot have, because their category does not
-- sell its ticket type or because a counter over them is full. Where a full area comes first in the order of
-- preference, thousands of its segments can be free. Needs: the functions of seats and room.

-- So many segments that do not suit are passed by one after the other before all of them are struck out.
local MISFITS_MAX = 16

-- Area and category of the segment of each slot, as the three bytes that it is packed with.
local function kindsOf(sale, scope)
  if scope.kinds then return scope.kinds end
  local kinds, segmentCount = {}, sale.segmentCount
  sale.packed = sale.packed or redis.call('GET', sale.keys.segments)
  for i = 1, scope.count do
    local index = scope.first + i - 1
    if index >= segmentCount then
      local at = segmentCount * SEGMENT_BYTES + (index - segmentCount) * 4
      index = struct.unpack('>I4', sale.packed, at + 1)
    end
    local at = index * SEGMENT_BYTES
    kinds[i] = string.sub(sale.packed, at + 9, at + 11)
  end
  scope.kinds = kinds
  return kinds
end

local function isOpenFor(sale, step, n, kind)
  local area, category = struct.unpack('>I2I1', kind)
  return step.money[textOf(category)] ~= nil and roomOf(sale, textOf(area)) >= n
end

-- Makes the view for n seats. Places that are given back may make it wrong: it is for no longer than that.
local function strikeOut(sale, scope, step, n)
  local isOpen, parts, first, was = {}, {}, 1, true
  local kinds = kindsOf(sale, scope)
  for at = 1, scope.count + 1 do
    local kind = kinds[at]
    if kind and isOpen[kind] == nil then isOpen[kind] = isOpenFor(sale, step, n, kind) end
    if not kind or isOpen[kind] ~= was then
      parts[#parts + 1] = was and string.sub(scope.runs, first, at - 1) or string.rep('\128', at - first)
      first, was = at, isOpen[kind]
    end
  end
  if scope.givenBack ~= sale.givenBack then scope.views, scope.givenBack = {}, sale.givenBack end
  table.insert(scope.views, 1, { money = step.money, n = n, isOpen = isOpen, runs = table.concat(parts) })
end

-- The bounds to search for n seats: what was struck out for fewer is out for more.
local function runsFor(sale, scope, step, n)
  if #scope.views == 0 or scope.givenBack ~= sale.givenBack then return scope.runs end
  local best
  for _, view in ipairs(scope.views) do
    if view.money == step.money and view.n <= n and (not best or view.n > best.n) then best = view end
  end
  return best and best.runs or scope.runs
end

-- Counts one more segment that did not suit; returns the count to go on with.
local function passBy(sale, scope, step, n, misfits)
  if misfits + 1 < MISFITS_MAX then return misfits + 1 end
  strikeOut(sale, scope, step, n)
  return 0
end
