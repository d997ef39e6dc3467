-- What an operator can make of a seat, by mode. Needs: target (allocate: the byte the seats shall become).

local TYPES = { block = 'stock.blocked', unblock = 'stock.unblocked', allocate = 'allocation.changed',
  release = 'places.released' }
local RESERVED = '[wc]'

-- What a seat and its home become, nothing if it stays, or false and why it cannot be.
local JUDGES = {
  block = function(byte, home)
    if byte == 'b' then return nil end
    if string.find(byte, TAKEN) then return false, REASON.stock_in_use end
    return 'b', home
  end,
  unblock = function(byte, home)
    if byte == 'b' then return home, home end
  end,
  allocate = function(byte, home)
    if home == target then return nil end
    if string.find(home, RESERVED) then return false, REASON.seats_reserved end
    if string.find(byte, TAKEN) then return false, REASON.stock_in_use end
    return target, target
  end,
  release = function(byte, home)
    if not string.find(home, RESERVED) then return nil end
    return string.find(byte, RESERVED) and '0' or byte, '0'
  end,
}
