-- Orders, as contracts/order-record.ts describes their records. Needs: emit, the functions of sale.

local ORDER_FIELDS = { 'status', 'digest', 'buyerId', 'holdId', 'confirmedAtMs', 'items', 'terms', 'eventId',
  'extras', 'method', 'attempt', 'deadlineMs', 'startedAtMs', 'placedAtMs', 'capMs', 'codes', 'gone',
  'money' }
-- What an order has that was confirmed at once, as soon as more happens to it.
local NO_PAYMENT = { method = '', attempt = '0', deadlineMs = '0', startedAtMs = '0', placedAtMs = '0',
  capMs = '0', codes = '', gone = '', money = '' }
-- `/`: how a pending order is told from a hold in `expiry`.
local PENDING_MARK = 47

-- The record of an order, or false.
local function orderOf(sale, orderId)
  local record = sale.orders[orderId]
  if record == nil then
    record = redis.call('HGET', sale.keys.orders, orderId)
    sale.orders[orderId] = record
  end
  return record
end

-- An order in parts, all of them texts, with its id; or nil.
local function readOrder(sale, orderId)
  local record = orderOf(sale, orderId)
  if not record then return nil end
  local order, i = { id = orderId }, 0
  for text in string.gmatch(record .. '\t', '([^\t]*)\t') do
    i = i + 1
    order[ORDER_FIELDS[i]] = text
  end
  if i < #ORDER_FIELDS then
    for name, value in pairs(NO_PAYMENT) do order[name] = value end
  end
  return order
end

-- What a record keeps of an order's extras: its contact without the key, which only the event takes with it
-- (contracts/sealed-contact.ts).
local function withoutKey(extras)
  return (string.gsub(extras, '("contact":"[%w_-]+%.)[%w_-]+(%.[%w_-]+%.[%w_-]+%.)', '%1%2', 1))
end

local function keepOrder(sale, orderId, record)
  sale.orders[orderId] = record
  sale.orderWrites[#sale.orderWrites + 1] = orderId
  sale.orderWrites[#sale.orderWrites + 1] = record
  return record
end

-- Keeps an order as it is after the sale's last event; returns its record.
local function writeOrder(sale, order)
  order.eventId = lastEventId(sale)
  local values = {}
  for i, name in ipairs(ORDER_FIELDS) do values[i] = order[name] or NO_PAYMENT[name] end
  return keepOrder(sale, order.id, table.concat(values, '\t'))
end

-- Emits an event about an order, and keeps it as it is then; returns its record. `json` is what the event
-- says beside the ids and the items.
local function tellOrder(sale, order, type, context, items, json)
  emit(sale, type, context,
    table.concat({ order.id, order.holdId, order.buyerId, items, json, order.deadlineMs }, '\t'))
  return writeOrder(sale, order)
end

local function isPending(order)
  return order.status == 'pending' or order.status == 'failed'
end
