-- How many seats may be taken at most, by what the counters leave. Asked before any search: where the venue
-- is full, thousands of segments may be free. Needs: the functions of counters.

-- In an area, with all that stands above it.
local function roomOf(sale, areaIndex)
  local room, above = counterOf(sale, areaIndex).free, aboveOf(sale, areaIndex)
  if not above then return room end
  for _, index in ipairs(above) do room = math.min(room, counterOf(sale, index).free) end
  return room
end

-- In the area of a segment; 0 if that does not suit a step.
local function roomFor(sale, step, segment)
  local area, category = segment.area, segment.category
  if not step.money[category] or step.area and area ~= step.area
    or step.category and category ~= step.category then return 0 end
  return roomOf(sale, area)
end

-- Whether a segment suits a step, and the counters over it have room for so many.
local function fits(sale, step, segment, size)
  return roomFor(sale, step, segment) >= size
end

-- Wherever a step may look.
local function roomAtMost(sale, step)
  if step.area then return roomOf(sale, step.area) end
  local venue = string.match(sale.above or '', '^%*:(%d+)')
  return venue and counterOf(sale, venue).free or math.huge
end
