-- Gives what is left of a channel to everybody: its share of general areas and its free seats now, what it
-- has held when that comes back. Needs: emit, the functions of sale and seats.

-- Nothing in here can be refused, so homes and the list of the returned are written at once: what the same
-- call gives back afterwards reads them.
local function returnChannel(sale, letter, context)
  local k, names = string.byte(letter) - 64, {}
  local ids = redis.call('HGET', sale.keys.sale, 'channelIds')
  for name in string.gmatch(ids, '%S+') do names[#names + 1] = name end
  for _, field in ipairs(redis.call('HKEYS', sale.keys.areas)) do
    local areaIndex, channel = string.match(field, '^(%d+):(%d+)$')
    if channel and tonumber(channel) == k then allottedOf(sale, areaIndex)[k] = 0 end
  end
  local homes = redis.call('GET', sale.keys.homes) or ''
  if string.find(homes, letter, 1, true) then
    local packed = redis.call('GETRANGE', sale.keys.segments, 0, sale.segmentCount * SEGMENT_BYTES - 1)
    for index = 0, sale.segmentCount - 1 do
      local offset, count = struct.unpack('>I4I2', packed, index * SEGMENT_BYTES + 1)
      if string.find(string.sub(homes, offset + 1, offset + count), letter, 1, true) then
        local segment = segmentOf(sale, index)
        local seats, freed = string.gsub(segment.seats, letter, '0')
        if freed > 0 then freeSeats(sale, segment, seats) end
      end
    end
    redis.call('SET', sale.keys.homes, (string.gsub(homes, letter, '0')))
  end
  sale.returned, sale.overdue = (sale.returned or '') .. letter, nil
  redis.call('HSET', sale.keys.sale, 'returned', sale.returned)
  emit(sale, 'allocation.returned', context, '{"channelId":"' .. names[k] .. '"}')
end

-- Returns the channels whose time has come, as a sweeper would have: whether one was late changes no answer.
local function returnOverdue(sale)
  for letter in string.gmatch(overdueOf(sale), '%u') do returnChannel(sale, letter, 'system') end
end
