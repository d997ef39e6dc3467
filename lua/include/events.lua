-- Events are born here: a sale's events of one call get their seq, prev and id in the same script that
-- changes its state. They go into the outbox as one block of lines per sale, whose header says what they have
-- in common (contracts/outbox.ts reads it): per event there is one string to make and no more. The ids hold
-- the caller's nonce and the server's time, so that a script that ran twice on two servers never made the
-- same id for different facts. Needs: nonce, nowMs, time, outbox, standing.
local idBase = nonce .. '-' .. time[1] .. string.format('%06d', time[2]) .. '-'

-- Of a block. A reader takes an entry as a whole, so none may be without end.
local EVENTS_PER_BLOCK = 1000

-- Adds one event of a sale; `context` is `actor traceid`, `body` what contracts/outbox.ts says of its type.
local function emit(sale, type, context, body)
  local lines = sale.lines
  lines[#lines + 1] = type .. '\t' .. context .. '\t' .. body
  sale.seq = sale.seq + 1
end

-- The id of the sale's n-th event of this call; before the first stands what was its head.
local function eventIdAt(sale, n)
  if n == 0 then return sale.firstHead end
  return idBase .. sale.number .. '-' .. n
end

-- The id of the sale's last event, of this call if it made any.
local function lastEventId(sale)
  return eventIdAt(sale, #sale.lines)
end

-- The block of the sale's lines from one on.
local function blockOf(sale, first)
  local last = math.min(first + EVENTS_PER_BLOCK - 1, #sale.lines)
  return table.concat({ sale.firstSeq + first, eventIdAt(sale, first - 1), sale.epoch, nowMs,
    idBase .. sale.number .. '-', first }, '\t') .. '\n' .. table.concat(sale.lines, '\n', first, last)
end

-- Writes the events of a list of sales, once: one stream entry with a block per sale, and another one for
-- each further thousand of a sale. `standing` counts the bytes of the blocks; accept-events takes them off.
local function writeEvents(sales)
  local first, bytes = 1, 0
  repeat
    local fields = {}
    for _, sale in ipairs(sales) do
      if #sale.lines >= first then
        local block = blockOf(sale, first)
        fields[#fields + 1], fields[#fields + 2] = sale.id, block
        bytes = bytes + #block
      end
    end
    if #fields > 0 then redis.call('XADD', outbox, '*', unpack(fields)) end
    first = first + EVENTS_PER_BLOCK
  until #fields == 0
  if bytes == 0 then return end
  redis.call('HINCRBY', standing, 'written', bytes)
  redis.call('HSETNX', standing, 'sinceMs', nowMs)
  for _, sale in ipairs(sales) do sale.head = lastEventId(sale) end
end
