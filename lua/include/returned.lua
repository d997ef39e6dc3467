-- Which places a buyer gave back, and the cap that the holds of them had: who claims them again gets no more
-- time than was left. Needs: nowMs.

-- The places of packed items, each once: `s12`, `a3`.
local function placesOf(items)
  local places = {}
  for areaIndex, offsets in string.gmatch(items, '(%d+),%d+,%d+,[^,]*,%d+,%d+,%-?%d+,([%d.+]*)') do
    if offsets == '' then
      places[#places + 1] = 'a' .. areaIndex
    else
      for first, count in string.gmatch(offsets, '(%d+)%+?(%d*)') do
        for offset = tonumber(first), first + (tonumber(count) or 1) - 1 do
          places[#places + 1] = 's' .. offset
        end
      end
    end
  end
  return places
end

-- So many places are remembered one by one; of who gives more back, `*` stands for every place, with the
-- earliest of their caps: what a buyer's claim costs may not grow with what that buyer has done.
local RETURNED_MAX = 200

-- Remembers the cap of places given back, in place of what was remembered of them before.
local function noteReturned(buyer, items, capMs)
  local caps, order = {}, {}
  for place, cap in string.gmatch(buyer.returned, '([^,@]+)@(%d+)') do
    caps[place], order[#order + 1] = cap, place
  end
  for _, place in ipairs(placesOf(items)) do
    if not caps[place] then order[#order + 1] = place end
    caps[place] = capMs
  end
  local earliestMs = tonumber(capMs)
  for i, place in ipairs(order) do
    earliestMs = math.min(earliestMs, caps[place])
    order[i] = place .. '@' .. caps[place]
  end
  buyer.returned = #order > RETURNED_MAX and '*@' .. earliestMs or table.concat(order, ',')
end

-- The earliest cap that the buyer's earlier holds of any of these places had, or nil.
local function capOf(sale, buyer, items)
  if buyer.returned == '' then return nil end
  local isPlace, capMs = { ['*'] = true }, nil
  for _, place in ipairs(placesOf(items)) do isPlace[place] = true end
  for place, text in string.gmatch(buyer.returned, '([^,@]+)@(%d+)') do
    local cap = isPlace[place] and tonumber(text)
    if cap and cap + sale.holdMaxMs > nowMs and (not capMs or cap < capMs) then capMs = cap end
  end
  return capMs
end
