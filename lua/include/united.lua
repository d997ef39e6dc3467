-- A look through several channels at once: seats side by side may belong to different ones of them. Lenses
-- are of one channel each, so the bounds are worked out for the claim that finds nothing through any of
-- these. Needs: the functions of seats and bounds.

-- Whether seats of different channels are side by side in a text of homes.
local function areMixed(homes, letters)
  for one in string.gmatch(letters, '%u') do
    for other in string.gmatch(letters, '%u') do
      if one ~= other and string.find(homes, one .. '0*' .. other) then return true end
    end
  end
end

-- Bounds that hold for all the looks together: the highest of theirs, or any where channels are mixed.
local function unitedRuns(sale, looks, letters, first, count)
  local scopes, runs = {}, {}
  for i, look in ipairs(looks) do scopes[i] = scopeOf(sale, look.lens, first, count) end
  local homes = redis.call('GET', sale.keys.homes)
  local isMixed = areMixed(homes, letters)
  for at = 1, count do
    local bound = 0
    for _, scope in ipairs(scopes) do bound = math.max(bound, string.byte(scope.runs, at)) end
    if isMixed then
      local segment = segmentAt(sale, first + at - 1)
      local ofSegment = string.sub(homes, segment.offset + 1, segment.offset + segment.count)
      if areMixed(ofSegment, letters) then bound = 128 + RUN_MAX end
    end
    runs[at] = string.char(bound)
  end
  return table.concat(runs)
end

local function unitedScope(sale, look, first, count)
  local id = first * COUNTS + count
  if not look.scopes[id] then
    local runs = unitedRuns(sale, look.looks, look.letters, first, count)
    look.scopes[id] = { first = first, count = count, runs = runs, changes = 0, views = {} }
  end
  return look.scopes[id]
end

-- The look of a claim that opens several channels, for a step; made once per claim, which only takes.
local function unitedLook(sale, claim, step, looks)
  local look = claim.united
  if not look then
    look = { looks = looks, letters = claim.opened, class = '[0' .. claim.opened .. ']', scopes = {} }
    claim.united = look
  end
  look.scope = unitedScope(sale, look, step.first, step.count)
  return look
end

-- The bounds of all segments, seen as a look does.
local function wholeScopeOf(sale, look)
  if look.lens then return scopeOf(sale, look.lens, 0, sale.segmentCount) end
  return unitedScope(sale, look, 0, sale.segmentCount)
end
