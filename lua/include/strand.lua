-- No stranded single seat: a claim must not leave one free seat alone between others, or between others and
-- an aisle, where it could have been placed otherwise. Seats that are free for anybody count as free.
-- Needs: the functions of seats.

-- The row of a segment: all segments that only their category parts from it, and itself.
local function rowAround(sale, segment)
  if not segment.joinsLeft and not segment.joinsRight then return { segment } end
  local row = sale.rowByIndex[segment.index]
  if row then return row end
  local index = '%f[%d]' .. segment.index .. '%f[%D]'
  for text in string.gmatch(joinedRowsOf(sale, segment.area), '[^;]+') do
    if string.find(text, index) then
      row = segmentsOfRow(sale, text)
      for _, part in ipairs(row) do sale.rowByIndex[part.index] = row end
      return row
    end
  end
end

-- Adds the seats, as offsets, that are alone now in one run [from, to] that was free before.
local function addStranded(seats, offset, from, to, stranded)
  local alone, left, first = {}, 0, from
  while first <= to do
    local last = math.min((string.find(seats, TAKEN, first) or to + 1) - 1, to)
    left = left + last - first + 1
    if first == last then alone[#alone + 1] = offset + first - 1 end
    first = last + 2
  end
  -- One seat left over is single wherever the claim is placed; with more, taking an end leaves them together.
  if left < 2 then return end
  for _, at in ipairs(alone) do stranded[#stranded + 1] = at end
end

-- The seats that would be stranded by a claim that chose seats in segments; `before` has their seats as they
-- were, by segment.
local function strandedBy(sale, before)
  local stranded, seen = {}, {}
  for segment in pairs(before) do
    local row = rowAround(sale, segment)
    local offset = row[1].offset
    if not seen[offset] then
      seen[offset] = true
      local was, is = {}, {}
      for i, part in ipairs(row) do was[i], is[i] = before[part] or part.seats, part.seats end
      was, is = table.concat(was), table.concat(is)
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
