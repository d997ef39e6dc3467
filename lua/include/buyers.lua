-- Buyers: tickets (held, pending and bought), live holds, and against hoarding (OWASP OAT-021) how long they
-- held without buying and which places they gave back. `tickets holds`, followed for those who gave something
-- back by `heldMs strikes coolUntilMs returned`; returned is `place@capMs` joined by ',', a place being `s`
-- and the seat's offset, `a` and the area's index, or `*` for every place.
-- Needs: the functions of sale, nowMs.

local BUYER_PATTERN = '^(%d+) (%d+) ?(%d*) ?(%d*) ?(%d*) ?(.*)$'

-- A buyer's text, or false.
local function buyerTextOf(sale, buyerId)
  local text = sale.buyers[buyerId]
  if text == nil then
    text = redis.call('HGET', sale.keys.buyers, buyerId)
    sale.buyers[buyerId] = text
  end
  return text ~= '' and text
end

-- A buyer who has a text, as all have who hold something.
local function buyerOf(sale, buyerId)
  local tickets, holds, heldMs, strikes, coolUntilMs, returned =
    string.match(buyerTextOf(sale, buyerId), BUYER_PATTERN)
  return {
    tickets = tonumber(tickets), holds = tonumber(holds), heldMs = tonumber(heldMs) or 0,
    strikes = tonumber(strikes) or 0, coolUntilMs = tonumber(coolUntilMs) or 0, returned = returned,
  }
end

-- A place that was given back is remembered as long again as a hold may live after its hold's cap.
local function remembered(sale, returned)
  if returned == '' then return '' end
  local kept = {}
  for entry, capMs in string.gmatch(returned, '([^,]+@(%d+))') do
    if capMs + sale.holdMaxMs > nowMs then kept[#kept + 1] = entry end
  end
  return table.concat(kept, ',')
end

local function setBuyerText(sale, buyerId, text)
  sale.buyers[buyerId] = text
  sale.changedBuyers[#sale.changedBuyers + 1] = buyerId
end

local function writeBuyer(sale, buyerId, buyer)
  local returned = remembered(sale, buyer.returned)
  local text = buyer.tickets .. ' ' .. buyer.holds
  if buyer.heldMs > 0 or buyer.strikes > 0 or buyer.coolUntilMs > 0 or returned ~= '' then
    text = text .. ' ' .. buyer.heldMs .. ' ' .. buyer.strikes .. ' ' .. buyer.coolUntilMs .. ' ' .. returned
  elseif text == '0 0' then
    text = ''
  end
  setBuyerText(sale, buyerId, text)
end

-- So many strikes at once: the last one's cool-down is the longest.
local function strike(sale, buyer, atMs, count)
  buyer.strikes = buyer.strikes + count
  local coolMs = math.min(sale.coolDownMs * 2 ^ (buyer.strikes - 1), sale.coolDownMaxMs)
  buyer.coolUntilMs = math.max(buyer.coolUntilMs, atMs + coolMs)
end

-- A hold ended without an order at `endMs`: counts its time and keeps its cap with the places it had.
local function noteEnd(sale, buyer, hold, endMs, isExpired)
  if sale.coolDownMs > 0 then
    buyer.heldMs = buyer.heldMs + endMs - hold.placedAtMs
    local count = math.floor(buyer.heldMs / sale.allowanceMs)
    buyer.heldMs = buyer.heldMs - count * sale.allowanceMs
    if isExpired then count = count + 1 end
    if count > 0 then strike(sale, buyer, endMs, count) end
  end
end
-- @include returned
