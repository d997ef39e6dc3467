--[[
  read-order: an order as it stands, and whether its event still waits for the log. Both are read at once
  and from a Redis of the caller's generation, since "not waiting" alone would also be true of a Redis that
  has forgotten the order.

  KEYS[1] generation   string  {pNN}:generation
  KEYS[2] orders       hash    {pNN}:S:orders
  KEYS[3] unconfirmed  hash    {pNN}:unconfirmed  event id → orderId
  ARGV[1] generation   string  the caller's
  ARGV[2] orderId      string

  Returns { order record, 1 if its event waits and 0 if the log has accepted it }; nil when there is no such
          order; or recovering
  Emits   nothing
  Cost    O(1)
]]
local generation, orders, unconfirmed = KEYS[1], KEYS[2], KEYS[3]
local expected, orderId = ARGV[1], ARGV[2]
if redis.call('GET', generation) ~= expected then return REASON.recovering end
local record = redis.call('HGET', orders, orderId)
if not record then return nil end
local eventId = string.match(record, '^' .. string.rep('[^\t]*\t', 7) .. '([^\t]*)')
return { record, redis.call('HEXISTS', unconfirmed, eventId) }
