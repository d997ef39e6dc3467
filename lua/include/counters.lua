-- The counters of a sale: areas, groups of areas, the venue, each `free held sold blocked`; and in general
-- areas what is set aside for channels, which is part of the area's free. Needs: nowMs.

-- A counter by its index in the layout, as text.
local function counterOf(sale, index)
  local counter = sale.counters[index]
  if not counter then
    local stored = redis.call('HGET', sale.keys.areas, index)
    local free, held, sold, blocked = string.match(stored, '^(%d+) (%d+) (%d+) (%d+)$')
    counter = {
      stored = stored, free = tonumber(free), held = tonumber(held), sold = tonumber(sold),
      blocked = tonumber(blocked),
    }
    sale.counters[index] = counter
  end
  return counter
end

-- The indexes of the counters above an area. `above` is `area:group.group;…`, after
-- `*:venue;` where the venue has a capacity, which is above all.
local function aboveOf(sale, areaIndex)
  if sale.above == '' then return nil end
  if not sale.aboveByArea then
    sale.aboveByArea = {}
    for area, list in string.gmatch(sale.above or '', '(%d+):([%d.]+)') do
      local above = {}
      for index in string.gmatch(list, '%d+') do above[#above + 1] = index end
      sale.aboveByArea[area] = above
    end
  end
  return sale.aboveByArea[areaIndex]
end

local function shift(counter, from, to, n)
  counter[from], counter[to] = counter[from] - n, counter[to] + n
end

-- Moves n places of an area, and of all that counts it, from one state to another.
local function move(sale, areaIndex, from, to, n)
  shift(counterOf(sale, areaIndex), from, to, n)
  local above = aboveOf(sale, areaIndex)
  if above then
    for _, index in ipairs(above) do shift(counterOf(sale, index), from, to, n) end
  end
end

-- The first counter above an area that has no room for n more, or nil.
local function fullAbove(sale, areaIndex, n)
  local above = aboveOf(sale, areaIndex)
  if not above then return nil end
  for _, index in ipairs(above) do
    if counterOf(sale, index).free < n then return index end
  end
end

-- What is set aside in a general area, by channel (1 …).
local function allottedOf(sale, areaIndex)
  local allotted = sale.allotments[areaIndex]
  if not allotted then
    allotted = { stored = {} }
    local fields = {}
    for k = 1, sale.channels do fields[k] = areaIndex .. ':' .. k end
    -- HMGET of no field is an error.
    local stored = sale.channels > 0 and redis.call('HMGET', sale.keys.areas, unpack(fields)) or {}
    for k, left in ipairs(stored) do
      allotted[k] = tonumber(left or 0)
      allotted.stored[k] = allotted[k]
    end
    sale.allotments[areaIndex] = allotted
  end
  return allotted
end

-- The letter of a channel in the bytes of the seats.
local function letterOf(channel) return string.char(64 + channel) end

-- Whether what is set aside for a channel went back to public.
local function isReturned(sale, channel)
  return string.find(sale.returned, letterOf(channel), 1, true) ~= nil
end

-- Letters of the channels whose time to return has come but that nobody has returned yet: open to everybody,
-- so that a late sweeper changes no answer. `returnsAt` is `letter`, ms, parted by spaces.
local function overdueOf(sale)
  if sale.channels == 0 then return '' end
  if not sale.overdue then
    local letters = ''
    for letter, atMs in string.gmatch(sale.returnsAt or '', '(%u)(%d+)') do
      if tonumber(atMs) <= nowMs and not string.find(sale.returned, letter, 1, true) then
        letters = letters .. letter
      end
    end
    sale.overdue = letters
  end
  return sale.overdue
end

local function writeCounters(sale)
  local set = {}
  for index, counter in pairs(sale.counters) do
    local now = textOf(counter.free) .. ' ' .. textOf(counter.held) .. ' ' .. textOf(counter.sold) .. ' '
      .. textOf(counter.blocked)
    if now ~= counter.stored then
      set[#set + 1] = index
      set[#set + 1] = now
    end
  end
  for index, allotted in pairs(sale.allotments) do
    for k = 1, sale.channels do
      if allotted[k] ~= allotted.stored[k] then
        set[#set + 1] = index .. ':' .. k
        set[#set + 1] = allotted[k]
      end
    end
  end
  if #set > 0 then redis.call('HSET', sale.keys.areas, unpack(set)) end
end
