-- Moves a sale to another state. `from` says for each state `true` (may move) or the reason why not.
-- Needs: emit, the functions of sale, context.
local function changeState(sale, to, type, from)
  local reason = barred(sale)
  if reason then return reason end
  if sale.state == to then return 'ok' end
  if from[sale.state] ~= true then return from[sale.state] end
  redis.call('HSET', sale.keys.sale, 'state', to)
  emit(sale, type, context, '{}')
  writeSale(sale)
  writeEvents({ sale })
  return 'ok'
end
