-- Takes the items of a claim out of the stock in Lua's memory, all or none: what was changed is put back on a
-- refusal. Needs: the functions of sale, counters, seats, buyers and codes.
-- @include plan
-- @include undo
-- @include take-items
-- @include strand
-- @include best

-- The letters without those that come again.
local function distinct(letters)
  if letters == '' then return '' end
  local seen = ''
  for letter in string.gmatch(letters, '%u') do
    if not string.find(seen, letter, 1, true) then seen = seen .. letter end
  end
  return seen
end

-- What is left of a counter that was too full, once the claim has given back what it had.
local function withLeft(sale, claim, detail)
  local index = string.match(detail or '', '^k(%d+)$')
  if not index then return detail end
  return detail .. '.' .. openIn(sale, claim, index)
end

-- Takes all steps of a plan for a buyer; `kept` are the codes the hold has used up already. Returns the
-- packed items and the hold's codes; or nil, reason, detail, with nothing changed.
local function takePlan(sale, plan, buyerId, kept)
  startUndo()
  local letters, codes, spent = judgeCodes(sale, plan.codes, buyerId, kept)
  if not letters then return nil, codes, spent end
  local steps, items = plan.steps, {}
  local claim = { items = items, opened = distinct(plan.opened .. letters .. overdueOf(sale)) }
  for i = 1, #steps do
    local step = steps[i]
    local take = step.kind == 'q' and takeQuantity or step.kind == 's' and takeChosen or takeBest
    local reason, detail = take(sale, claim, step)
    if reason then
      undoAll(sale)
      return nil, reason, withLeft(sale, claim, detail)
    end
  end
  if claim.before and sale.strand == '1' then
    local stranded = strandedBy(sale, claim.before)
    if #stranded > 0 then
      undoAll(sale)
      return nil, REASON.would_strand_seat, table.concat(stranded, '.')
    end
  end
  return items[2] and table.concat(items, ';') or items[1] or '', codes
end
