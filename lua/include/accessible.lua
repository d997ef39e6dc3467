-- Where an accessible place and the seats beside it are. Needs: segmentOf.

-- An accessible place with n - 1 seats beside it, companion seats before others. Of one segment: where it
-- starts, and how well it suits; nil if nowhere.
local WORTH = { c = 3, ['0'] = 2, w = 1 }
local function placeAccessible(segment, n)
  local best, bestWorth
  for from = 1, segment.count - n + 1 do
    local worth, isAccessible = 0, false
    for at = from, from + n - 1 do
      local byte = string.sub(segment.seats, at, at)
      isAccessible = isAccessible or byte == 'w'
      worth = WORTH[byte] and worth and worth + WORTH[byte]
    end
    if isAccessible and worth and (not best or worth > bestWorth) then best, bestWorth = from, worth end
  end
  return best
end

-- The first segment in order of preference with such places, and where they start; or nil, nil and how many
-- there are together at most, up to n - 1.
local function findAccessible(sale, step, n)
  local list = redis.call('HGET', sale.keys.sale, 'accessible') or ''
  local largest = 0
  for index in string.gmatch(list, '%d+') do
    local segment = segmentOf(sale, tonumber(index))
    local from = fits(sale, step, segment, n) and placeAccessible(segment, n)
    if from then return segment, from end
    for run in string.gmatch(segment.seats, '[wc0]+') do
      local size = string.find(run, 'w', 1, true) and math.min(#run, n - 1) or 0
      while size > largest and not fits(sale, step, segment, size) do size = size - 1 end
      largest = math.max(largest, size)
    end
  end
  return nil, nil, largest
end
