-- Rows of several segments that only their category parts. Needs: segmentOf.

-- Such rows of an area, in order of preference: lists of segments' indexes as text, `3.4;7.8.9`.
local function joinedRowsOf(sale, areaIndex)
  if not sale.joinedAreas then
    sale.joinedAreas = {}
    for index in string.gmatch(sale.joined, '%d+') do sale.joinedAreas[index] = true end
  end
  if not sale.joinedAreas[areaIndex] then return '' end
  local rows = sale.joinedRows[areaIndex]
  if not rows then
    rows = redis.call('HGET', sale.keys.sale, 'joined:' .. areaIndex) or ''
    sale.joinedRows[areaIndex] = rows
  end
  return rows
end

-- The segments of such a row, in its order.
local function segmentsOfRow(sale, row)
  local segments = sale.rows[row]
  if not segments then
    segments = {}
    for index in string.gmatch(row, '%d+') do segments[#segments + 1] = segmentOf(sale, tonumber(index)) end
    sale.rows[row] = segments
  end
  return segments
end

-- Whether the seat beyond an end of the segment, in another category but without an aisle, is free: from the
-- call's memory if it was read.
local function isFreeBefore(sale, segment)
  if not segment.joinsLeft then return false end
  local beside = sale.endingAt[segment.offset - 1]
  local byte = beside and string.sub(beside.seats, -1) or bytesOf(sale, 'seats', segment.offset - 1, 1)
  return string.find(byte, ANY_FREE) ~= nil
end

local function isFreeBehind(sale, segment)
  if not segment.joinsRight then return false end
  local offset = segment.offset + segment.count
  local beside = sale.startingAt[offset]
  local byte = beside and string.sub(beside.seats, 1, 1) or bytesOf(sale, 'seats', offset, 1)
  return string.find(byte, ANY_FREE) ~= nil
end
