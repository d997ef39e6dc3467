-- Prices as sold: what a claim costs is decided in the script that takes the seats.

-- The price of a category and ticket type in minor units, or nil where that type is not sold.
local function priceOf(sale, category, ticketType)
  local field = 'price:' .. category .. ':' .. ticketType
  local price = sale.prices[field]
  if price == nil then
    price = tonumber(redis.call('HGET', sale.keys.sale, field) or nil)
    sale.prices[field] = price or false
  end
  return price or nil
end

-- Seats already free and marked: adds them to the record, one entry per category that follows another.
local function addSeats(sale, out, areaIndex, ticketType, category, segment, offsets)
  local from = 1
  while from <= #offsets do
    local of, to = category, #offsets
    if category == '-1' then
      local bytes = redis.call('GETRANGE', sale.keys.categories, offsets[from], offsets[#offsets])
      to = from
      while to < #offsets and string.byte(bytes, to - from + 2) == string.byte(bytes, 1) do to = to + 1 end
      of = string.byte(bytes, 1) - 48
    end
    local price, n = priceOf(sale, of, ticketType), to - from + 1
    if not price then return REASON.ticket_type_unknown end
    out.total = out.total + price * n
    out.items[#out.items + 1] = table.concat({ areaIndex, ticketType, of, price, n, segment.index,
      table.concat(offsets, '.', from, to) }, ',')
    from = to + 1
  end
end
