-- Sells what is held. Needs: the functions of sale and buyers.

local SOLD_PATTERN = '(%d+),%d+,%d+,[^,]*,(%d+),%d+,%-?%d+,([%d.+]*)'

local function sell(sale, items)
  sale.soldSeats = sale.soldSeats or {}
  for areaIndex, quantity, offsets in string.gmatch(items, SOLD_PATTERN) do
    move(sale, areaIndex, 'held', 'sold', tonumber(quantity))
    for first, count in string.gmatch(offsets, '(%d+)%+?(%d*)') do
      sale.soldSeats[#sale.soldSeats + 1] = { first, tonumber(count) or 1 }
    end
  end
end

-- What is bought is no hold any more, and shows that the buyer was in earnest.
local function noteOrder(sale, buyerId)
  local buyer = buyerOf(sale, buyerId)
  buyer.holds = buyer.holds - 1
  buyer.heldMs, buyer.strikes, buyer.coolUntilMs = 0, 0, 0
  writeBuyer(sale, buyerId, buyer)
end

-- After writeSeats, where a call has both.
local function writeSold(sale)
  for _, run in ipairs(sale.soldSeats or {}) do
    redis.call('SETRANGE', sale.keys.seats, run[1], string.rep('s', run[2]))
  end
end
