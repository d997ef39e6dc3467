-- No stranded single seat: a claim must not leave one free seat alone between others, or between others and
-- an aisle, where it could have been placed otherwise. Seats that are free for anybody count as free.
-- Needs: the functions of seats.

-- The segments beside a segment that only their category parts from it, in the order of the row, and itself.
local function besideOf(sale, segment)
  if not segment.joinsLeft and not segment.joinsRight then return { segment } end
  for chain in string.gmatch(joinedRowsOf(sale, segment.area), '[^;]+') do
    if string.find('.' .. chain .. '.', '.' .. segment.index .. '.', 1, true) then
      local segments = {}
      for index in string.gmatch(chain, '%d+') do
        segments[#segments + 1] = segmentOf(sale, tonumber(index))
      end
      return segments
    end
  end
end

-- Adds the seats, as offsets, that one run [from, to] that was free before has left alone.
local function addStranded(seats, offset, from, to, stranded)
  local left = 0
  for at = from, to do
    if string.find(string.sub(seats, at, at), ANY_FREE) then left = left + 1 end
  end
  -- One seat left over is single wherever the claim is placed; with more, taking an end leaves them together.
  if left < 2 or left == to - from + 1 then return end
  local first, last = string.find(seats, ANY_FREE .. '+', from)
  while first and first <= to do
    if first == last then stranded[#stranded + 1] = offset + first - 1 end
    first, last = string.find(seats, ANY_FREE .. '+', last + 1)
  end
end

-- The seats that would be stranded by a claim that chose seats in segments; `before` has their seats as they
-- were, by segment.
local function strandedBy(sale, before)
  local stranded, seen = {}, {}
  for segment in pairs(before) do
    local row, was, is = besideOf(sale, segment), '', ''
    local offset = row[1].offset
    if not seen[offset] then
      seen[offset] = true
      for _, part in ipairs(row) do was, is = was .. (before[part] or part.seats), is .. part.seats end
      local from, to = string.find(was, ANY_FREE .. '+')
      while from do
        addStranded(is, offset, from, to, stranded)
        from, to = string.find(was, ANY_FREE .. '+', to + 1)
      end
    end
  end
  table.sort(stranded)
  return stranded
end
