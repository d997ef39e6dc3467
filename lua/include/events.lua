-- Events are born here: seq, prev and id are given in the same script that changes the state. The id holds
-- the caller's nonce and the server's time, so that a script that ran twice on two servers never made the
-- same id for different facts. Needs: nonce, nowMs, time, outbox.
local idBase = nonce .. '-' .. time[1] .. string.format('%06d', time[2]) .. '-'
local events = {}

-- Appends one event of a sale; `context` is `actor traceid`, `body` what contracts/outbox.ts says of its
-- type.
local function emit(sale, type, context, body)
  local id = idBase .. (#events / 2 + 1)
  sale.seq = sale.seq + 1
  events[#events + 1] = type
  events[#events + 1] = table.concat(
    { sale.id, sale.seq, id, sale.head, nowMs, sale.epoch, context, body }, '\t')
  sale.head = id
  return id
end

-- One stream entry for all events of the call; more than unpack() can take (Lua's stack has room for about
-- 8,000 values) become several, since an error here would come after the state was written.
local VALUES_PER_ENTRY = 4000

local function writeEvents()
  for first = 1, #events, VALUES_PER_ENTRY do
    local last = math.min(first + VALUES_PER_ENTRY - 1, #events)
    redis.call('XADD', outbox, '*', unpack(events, first, last))
  end
end
