-- Judges one claim: of what a plan asks for, for a buyer. Needs: the functions of take, buyers, codes and
-- kept-records; nowMs, sales.

-- Why a buyer may not have so many more tickets, or nil.
local function overLimit(sale, buyer, count)
  if buyer.coolUntilMs > nowMs then return REASON.buyer_cooling_down .. '\t' .. buyer.coolUntilMs end
  if buyer.tickets + count > sale.buyerLimit then
    return REASON.buyer_limit .. '\t' .. math.max(0, sale.buyerLimit - buyer.tickets)
  end
  if sale.liveHoldsMax > 0 and buyer.holds >= sale.liveHoldsMax then
    return REASON.live_holds_limit .. '\t' .. sale.liveHoldsMax
  end
end

-- What a plan of quantities takes from each counter, and the end of the record it makes.
local function preparePlain(sale, plan)
  local items, needOf = {}, {}
  plan.needs = {}
  local function need(index, n)
    if not needOf[index] then
      needOf[index] = { index = index, counter = counterOf(sale, index), n = 0 }
      plan.needs[#plan.needs + 1] = needOf[index]
    end
    needOf[index].n = needOf[index].n + n
  end
  for i, step in ipairs(plan.steps) do
    items[i] = step.front .. step.n .. ',0,-1,'
    need(step.area, step.n)
    for _, index in ipairs(aboveOf(sale, step.area) or {}) do need(index, step.n) end
  end
  plan.tail = table.concat(items, ';') .. '\t' .. plan.terms .. '\t\t\t\t\t'
end

-- Takes a plan of quantities only: nothing to undo when all counters have room together.
local function takePlain(sale, plan)
  if not plan.needs then preparePlain(sale, plan) end
  for _, need in ipairs(plan.needs) do
    local free = need.counter.free
    if free < need.n then return REASON.sold_out .. '\tk' .. need.index .. '.' .. free end
  end
  for _, need in ipairs(plan.needs) do shift(need.counter, 'free', 'held', need.n) end
end

local function writePlaced(sale, holdId, record, context)
  writeHold(sale, holdId, record)
  local parts = sale.parts
  local count = #parts
  parts[count + 1], parts[count + 2] = '\nhold.placed\t' .. context .. '\t' .. holdId .. '\t', record
  sale.seq = sale.seq + 1
end

-- A claim that is not plain, or of a buyer who is known.
local function placeCarefully(sale, plan, holdId, buyerId, digest, context)
  local head, count, known = plan.head, plan.count, sale.buyers[buyerId]
  local buyer = known and known ~= '' and buyerOf(sale, buyerId)
  local refusal = buyer and overLimit(sale, buyer, count)
  if refusal then return refusal end
  if count > sale.buyerLimit then return REASON.buyer_limit .. '\t' .. sale.buyerLimit end
  if count > sale.holdLimit then return REASON.hold_limit .. '\t' .. sale.holdLimit end
  local items, codes, detail = takePlan(sale, plan, buyerId, '')
  if not items then return codes .. '\t' .. detail end
  local capMs = buyer and capOf(sale, buyer, items)
  if capMs and capMs <= nowMs then
    undoAll(sale)
    return REASON.hold_time_spent .. '\t' .. capMs + sale.holdMaxMs
  end
  if buyer then
    buyer.tickets, buyer.holds = buyer.tickets + count, buyer.holds + 1
    writeBuyer(sale, buyerId, buyer)
  else
    setBuyerText(sale, buyerId, head.firstOfBuyer)
  end
  if codes ~= '' then countUses(sale, codes, buyerId, 1) end
  local times, accepted = head.times, head.accepted
  if capMs and capMs < nowMs + sale.holdMaxMs then
    -- What was left of the time that the buyer had these places for.
    local maxMs = capMs - nowMs
    local holdMs = math.min(sale.holdMs, maxMs)
    times = '\t' .. nowMs .. '\t' .. holdMs .. '\t' .. maxMs .. '\t'
    accepted = '+' .. holdMs .. ',' .. maxMs
    local adds = sale.expiryAdds
    adds[#adds + 1], adds[#adds + 2] = nowMs + holdMs, holdId
  else
    sale.placedIds[#sale.placedIds + 1] = holdId
  end
  writePlaced(sale, holdId, 'l\t' .. digest .. '\t' .. buyerId .. times .. items .. '\t' .. plan.terms .. '\t'
    .. codes .. '\t\t\t\t', context)
  return accepted .. '\t' .. items .. '\t' .. codes
end

local function place(plan, holdId, buyerId, digest, context)
  local sale, head = sales[plan.sale], plan.head
  if head.refusal then return head.refusal .. '\t' end
  local record = sale.holds[holdId]
  if record then
    if string.match(record, '^%a\t([^\t]*)') ~= digest then return REASON.idempotency_key_reused .. '\t' end
    return '=' .. asPlaced(sale, holdId, record)
  end
  if head.shut then return head.shut .. '\t' end
  if not plan.isPlain or sale.channels > 0 or sale.buyers[buyerId] then
    return placeCarefully(sale, plan, holdId, buyerId, digest, context)
  end
  if plan.count > sale.buyerLimit then return REASON.buyer_limit .. '\t' .. sale.buyerLimit end
  if plan.count > sale.holdLimit then return REASON.hold_limit .. '\t' .. sale.holdLimit end
  local refusal = takePlain(sale, plan)
  if refusal then return refusal end
  setBuyerText(sale, buyerId, head.firstOfBuyer)
  writePlaced(sale, holdId, 'l\t' .. digest .. '\t' .. buyerId .. head.times .. plan.tail, context)
  sale.placedIds[#sale.placedIds + 1] = holdId
  return head.accepted
end
