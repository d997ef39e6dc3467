--[[
  read-order: an order as it stands, and whether its event still waits for the log. Both are read at once
  and from a Redis of the caller's generation, since "not waiting" alone would also be true of a Redis that
  has forgotten the order. What waits in a sale that is being restored may be gone in a moment.

  KEYS[1] generation   string  {pNN}:generation
  KEYS[2] sale         hash    {pNN}:S:sale       state
  KEYS[3] orders       hash    {pNN}:S:orders
  KEYS[4] unconfirmed  hash    {pNN}:unconfirmed  event id → orderId
  ARGV[1] generation   string  the caller's
  ARGV[2] orderId      string

  Returns { order record, 1 if its event waits and 0 if the log has accepted it }; nil when there is no such
          order; or recovering, also while the sale is being rebuilt
  Emits   nothing
  Cost    O(1)
]]
local generation, sale, orders, unconfirmed = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local expected, orderId = ARGV[1], ARGV[2]
if redis.call('GET', generation) ~= expected then return REASON.recovering end
local isRecovering = redis.call('HGET', sale, 'state') == 'recovering'
local record = redis.call('HGET', orders, orderId)
if not record then return isRecovering and REASON.recovering or nil end
local eventId = string.match(record, '^' .. string.rep('[^\t]*\t', 7) .. '([^\t]*)')
local waits = redis.call('HEXISTS', unconfirmed, eventId)
if isRecovering and waits == 1 then return REASON.recovering end
return { record, waits }
