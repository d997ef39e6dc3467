-- A hold's record (contracts/hold-record.ts). Needs: writeHold.

local HOLD_PATTERN = '^(%a)\t([^\t]*)\t([^\t]*)\t(%d+)\t(%d+)\t(%d+)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t(%d*)\t'
  .. '([^\t]*)\t([^\t]*)\t'

-- Why a hold that has ended is nothing to go on with, by its letter.
local REASON_BY_LETTER = { r = REASON.hold_released, e = REASON.hold_expired, o = REASON.hold_ordered }

-- A hold's record in parts.
local function readHold(record)
  local letter, digest, buyerId, placedAtMs, holdMs, maxMs, items, terms, codes, extendedMs, trail, orderId =
    string.match(record, HOLD_PATTERN)
  return {
    letter = letter, digest = digest, buyerId = buyerId, placedAtMs = tonumber(placedAtMs),
    holdMs = holdMs, maxMs = maxMs, extendedMs = extendedMs,
    expiresAtMs = tonumber(extendedMs) or placedAtMs + holdMs, capMs = placedAtMs + maxMs,
    items = items, terms = terms, codes = codes, trail = trail, orderId = orderId,
  }
end

-- Keeps a live hold with what an extension or a change gave it; returns its new record.
local function writeLive(sale, holdId, hold, extendedMs, trail)
  local record = table.concat({ 'l', hold.digest, hold.buyerId, hold.placedAtMs, hold.holdMs, hold.maxMs,
    hold.items, hold.terms, hold.codes, extendedMs, trail, '', '' }, '\t')
  writeHold(sale, holdId, record)
  return record
end
