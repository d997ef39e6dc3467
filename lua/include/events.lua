-- Events are born here: a sale's events of one call get their seq, prev and id in the same script that
-- changes its state. They go into the outbox as one block of lines per sale, whose header says what they have
-- in common (contracts/outbox.ts reads it): per event there is one string to make and no more. The ids hold
-- the caller's nonce and the server's time, so that a script that ran twice on two servers never made the
-- same id for different facts. Needs: nonce, nowMs, time, outbox, standing.
-- @include text-of
local idBase = nonce .. '-' .. time[1] .. string.format('%06d', time[2]) .. '-'

-- Of a block. A reader takes an entry as a whole, so none may be without end.
local EVENTS_PER_BLOCK = 1000

-- Adds one event of a sale; `context` is `actor traceid`, `body` what contracts/outbox.ts says of its type.
-- Its line is two of the sale's `parts`, behind the first of them, which becomes the block's header: all
-- lines are put together once.
local function emit(sale, type, context, body)
  local parts = sale.parts
  local count = #parts
  parts[count + 1], parts[count + 2] = '\n' .. type .. '\t' .. context .. '\t', body
  sale.seq = sale.seq + 1
end

-- The id of the sale's n-th event of this call; before the first stands what was its head.
local function eventIdAt(sale, n)
  if n == 0 then return sale.firstHead end
  return idBase .. textOf(sale.number) .. '-' .. textOf(n)
end

-- The id of the sale's last event, of this call if it made any.
local function lastEventId(sale)
  return eventIdAt(sale, sale.seq - sale.firstSeq)
end

-- All texts of a list in one, which it uses up. A text costs Lua its length every time one is made, and
-- table.concat makes several of each byte of a long one; this makes two for up to a thousand texts.
local function joinAll(list)
  local count = #list
  repeat
    local to = 0
    for i = 1, count, 32 do
      to = to + 1
      list[to] = list[i] .. (list[i + 1] or '') .. (list[i + 2] or '') .. (list[i + 3] or '')
        .. (list[i + 4] or '') .. (list[i + 5] or '') .. (list[i + 6] or '') .. (list[i + 7] or '')
        .. (list[i + 8] or '') .. (list[i + 9] or '') .. (list[i + 10] or '') .. (list[i + 11] or '')
        .. (list[i + 12] or '') .. (list[i + 13] or '') .. (list[i + 14] or '') .. (list[i + 15] or '')
        .. (list[i + 16] or '') .. (list[i + 17] or '') .. (list[i + 18] or '') .. (list[i + 19] or '')
        .. (list[i + 20] or '') .. (list[i + 21] or '') .. (list[i + 22] or '') .. (list[i + 23] or '')
        .. (list[i + 24] or '') .. (list[i + 25] or '') .. (list[i + 26] or '') .. (list[i + 27] or '')
        .. (list[i + 28] or '') .. (list[i + 29] or '') .. (list[i + 30] or '') .. (list[i + 31] or '')
    end
    for i = to + 1, count do list[i] = nil end
    count = to
  until count == 1
  return list[1]
end

-- The block of the sale's events from one on.
local function blockOf(sale, first)
  local parts, last = sale.parts, 2 * (first + EVENTS_PER_BLOCK) - 1
  if first > 1 or #parts > last then parts = { unpack(parts, 2 * first - 1, math.min(last, #parts)) } end
  parts[1] = textOf(sale.firstSeq + first) .. '\t' .. eventIdAt(sale, first - 1) .. '\t' .. sale.epoch .. '\t'
    .. textOf(nowMs) .. '\t' .. idBase .. textOf(sale.number) .. '-\t' .. textOf(first)
  return joinAll(parts)
end

-- Writes the events of a list of sales, once: one stream entry with a block per sale, and another one for
-- each further thousand of a sale. `standing` counts the bytes of the blocks; accept-events takes them off.
local function writeEvents(sales)
  local first, bytes = 1, 0
  repeat
    local fields = {}
    for _, sale in ipairs(sales) do
      if sale.seq - sale.firstSeq >= first then
        local block = blockOf(sale, first)
        fields[#fields + 1], fields[#fields + 2] = sale.id, block
        bytes = bytes + #block
      end
    end
    if #fields > 0 then redis.call('XADD', outbox, '*', unpack(fields)) end
    first = first + EVENTS_PER_BLOCK
  until #fields == 0
  if bytes == 0 then return end
  redis.call('HINCRBY', standing, 'written', textOf(bytes))
  redis.call('HSETNX', standing, 'sinceMs', textOf(nowMs))
  for _, sale in ipairs(sales) do sale.head = lastEventId(sale) end
end
