-- Where n seats are in two blocks of neighbouring rows. Needs: the functions of together and take-items.

-- How far from a segment, in order of preference inside its area, its neighbours are.
local NEIGHBOURS = 3
-- How many segments are looked at as the larger part, per size.
local ANCHORS = 8

-- Two blocks in neighbouring rows, the larger first: segment, from, size, segment, from, size. Nil if there
-- are none; with `avoid` only such as leave no single seat.
local function findPair(sale, scope, step, n, class, avoid)
  for larger = n - 1, math.ceil(n / 2), -1 do
    local bounds, rest = boundsFor(larger, false), n - larger
    local at = string.find(runsFor(sale, scope, step, n), bounds)
    for _ = 1, ANCHORS do
      if not at then break end
      local anchor = segmentAt(sale, scope.first + at - 1)
      -- Both blocks together must fit the counters above them.
      local from = fits(sale, step, anchor, n) and placeIn(sale, anchor, larger, class, avoid)
      for away = 1, from and NEIGHBOURS or 0 do
        for _, index in ipairs({ anchor.index - away, anchor.index + away }) do
          local beside = index >= 0 and index < sale.segmentCount and segmentOf(sale, index)
          if beside and beside.area == anchor.area and fits(sale, step, beside, rest) then
            local besideFrom = placeIn(sale, beside, rest, class, avoid)
            if besideFrom then return anchor, from, larger, beside, besideFrom, rest end
          end
        end
      end
      at = string.find(runsFor(sale, scope, step, n), bounds, at + 1)
    end
  end
end

-- Such blocks, without a single seat beside them where that can be had.
local function takeNeighbours(sale, claim, step, look, n)
  for pass = sale.strand == '1' and 1 or 2, 2 do
    local one, oneFrom, oneSize, other, otherFrom, otherSize =
      findPair(sale, look.scope, step, n, look.class, pass == 1)
    if one then
      takeBlock(sale, claim, step, one, oneFrom, oneSize)
      takeBlock(sale, claim, step, other, otherFrom, otherSize)
      return true
    end
  end
end
