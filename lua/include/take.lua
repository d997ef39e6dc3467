-- Takes the items of one claim out of the stock in Lua's memory, all or none: what was changed is put back
-- on a refusal. Needs: the functions of sale, seats and price.

-- Entries are { table, key, old value }, undone in reverse.
local undo = {}

local function change(holder, key, value)
  undo[#undo + 1] = { holder, key, holder[key] }
  holder[key] = value
end

local function undoAll(sale)
  for i = #undo, 1, -1 do
    local entry = undo[i]
    if entry[2] == 'seats' then setSeats(sale, entry[1], entry[3]) else entry[1][entry[2]] = entry[3] end
  end
end

local function takeSeats(sale, segment, seats)
  undo[#undo + 1] = { segment, 'seats', segment.seats }
  setSeats(sale, segment, seats)
end

local function takeChosen(sale, out, areaIndex, ticketType, category, segmentIndex, list)
  local segment, taken, offsets = segmentOf(sale, tonumber(segmentIndex)), {}, {}
  local seats = segment.seats
  for text in string.gmatch(list, '%d+') do
    local at = text - segment.offset + 1
    local isFree = string.sub(seats, at, at) == '0'
    if isFree then seats = marked(seats, at, 1, 'h') else taken[#taken + 1] = text end
    offsets[#offsets + 1] = text
  end
  if #taken > 0 then return REASON.seats_taken, table.concat(taken, '.') end
  takeSeats(sale, segment, seats)
  return addSeats(sale, out, areaIndex, ticketType, category, segment, offsets)
end

local function longestOf(range)
  local longest = 128
  for i = 1, #range.runs do longest = math.max(longest, string.byte(range.runs, i)) end
  return longest - 128
end

-- The best n seats of an area: together; failing that, unless that is required, in as few blocks as can be.
local function takeBest(sale, out, areaIndex, n, ticketType, category, kind, first, count)
  local range = runsOf(sale, tonumber(first), tonumber(count))
  local left, block = n, math.min(n, RUN_MAX)
  while left > 0 do
    block = math.min(block, left)
    local at = string.find(range.runs, '[' .. string.char(128 + block) .. '-\255]')
    if at then
      local segment = segmentOf(sale, range.first + at - 1)
      local from, offsets = nearestRun(segment, block), {}
      for i = 1, block do offsets[i] = segment.offset + from + i - 2 end
      takeSeats(sale, segment, marked(segment.seats, from, block, 'h'))
      local reason = addSeats(sale, out, areaIndex, ticketType, category, segment, offsets)
      if reason then return reason end
      left = left - block
    else
      if kind == 'r' or block == 1 then
        return REASON.no_adjacent_seats, areaIndex .. '.' .. longestOf(range)
      end
      block = block - 1
    end
  end
end

-- Returns items (packed), total, count; or nil, reason, nil, detail.
local function takeItems(sale, buyerId, args, at, itemCount)
  local out, count = { items = {}, total = 0 }, 0
  undo = {}
  for i = 0, itemCount - 1 do count = count + args[at + 7 * i + 2] end
  local tickets = ticketsOf(sale, buyerId)
  if tickets + count > sale.buyerLimit then
    return nil, REASON.buyer_limit, nil, math.max(0, sale.buyerLimit - tickets)
  end
  for i = at, at + 7 * (itemCount - 1), 7 do
    local kind, areaIndex, n = args[i], args[i + 1], tonumber(args[i + 2])
    local ticketType, category = args[i + 3], args[i + 4]
    local area, reason, detail = areaOf(sale, areaIndex), nil, nil
    if kind == 's' then
      reason, detail = takeChosen(sale, out, areaIndex, ticketType, category, args[i + 5], args[i + 6])
    elseif area.free < n then
      reason, detail = REASON.sold_out, areaIndex .. '.' .. area.free
    elseif kind == 'q' then
      local price = priceOf(sale, category, ticketType)
      if not price then reason = REASON.ticket_type_unknown else
        out.total = out.total + price * n
        out.items[#out.items + 1] = table.concat({ areaIndex, ticketType, category, price, n, -1, '' }, ',')
      end
    else
      reason, detail = takeBest(sale, out, areaIndex, n, ticketType, category, kind, args[i + 5], args[i + 6])
    end
    if reason then
      undoAll(sale)
      return nil, reason, nil, detail
    end
    change(area, 'free', area.free - n)
    change(area, 'held', area.held + n)
  end
  sale.buyers[buyerId] = tickets + count
  return table.concat(out.items, ';'), out.total, count
end
