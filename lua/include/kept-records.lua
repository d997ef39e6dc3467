-- Records kept beside a hold that was changed: `<holdId>/0` is how it was placed, `<holdId>/<key>` how it was
-- after the change under that key. Repeats are answered with them; they are forgotten as ended holds are.
-- Needs: the functions of sale, nowMs.

-- Keeps a record, as that of a hold which was given back: nobody can extend or order it.
local function keepRecord(sale, id, record, digest)
  local kept = 'r\t' .. digest .. string.match(record, '^%a\t[^\t]*(.*)$') .. nowMs
  writeHold(sale, id, kept)
  sale.ended[#sale.ended + 1] = id
  return kept
end

-- The record of a hold as it was placed. Only the trail of a changed hold has an empty value.
local function asPlaced(sale, holdId, record)
  return string.find(record, '=[;\t]') and holdOf(sale, holdId .. '/0') or record
end

-- The answer that a change under this key had; with the hold as it is once that was forgotten.
local function answerAgain(sale, holdId, key, digest, record)
  local kept = holdOf(sale, holdId .. '/' .. key)
  if not kept then return 'ok\t' .. record end
  if string.match(kept, '^%a\t([^\t]*)') == digest then return 'ok\t' .. kept end
  return REASON.idempotency_key_reused .. '\t'
end
