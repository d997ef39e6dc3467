-- Where n seats are in two blocks of neighbouring rows. Needs: the functions of together and seats.

-- How far from a segment, in order of preference inside its area, its neighbours are.
local NEIGHBOURS = 3
-- How many segments are looked at as the larger part, per size.
local ANCHORS = 8

-- Two blocks in neighbouring rows, the larger first: segment, from, size, segment, from, size. Nil if there
-- are none.
local function findNeighbours(sale, scope, n, class, fits)
  for larger = n - 1, math.ceil(n / 2), -1 do
    local bounds, rest = boundsFor(larger, false), n - larger
    local at = string.find(scope.runs, bounds)
    for _ = 1, ANCHORS do
      if not at then break end
      local anchor = segmentAt(sale, scope.first + at - 1)
      -- Both blocks together must fit the counters above them.
      local from = fits(anchor, n) and placeIn(sale, anchor, larger, class, false)
      for away = 1, from and NEIGHBOURS or 0 do
        for _, index in ipairs({ anchor.index - away, anchor.index + away }) do
          local beside = index >= 0 and index < sale.segmentCount and segmentOf(sale, index)
          if beside and beside.area == anchor.area and fits(beside, rest) then
            local besideFrom = placeIn(sale, beside, rest, class, false)
            if besideFrom then return anchor, from, larger, beside, besideFrom, rest end
          end
        end
      end
      at = string.find(scope.runs, bounds, at + 1)
    end
  end
end
