--[[
  snapshot-sale: what is free, held and sold at one seq. Reads only; also while the sale is recovering.

  KEYS[1] sale   hash    {pNN}:S:sale
  KEYS[2] areas  hash    {pNN}:S:areas   index → `free held sold`
  KEYS[3] seats  string  {pNN}:S:seats   one byte per seat
  ARGV[1] seats  0|1     whether the seats are wanted
  ARGV[2] known  string  `epoch-seq` that the caller has already; may be left out

  Returns { state, version, epoch, seq, head, areas flat [index, counters, …], seats }; without areas and
          seats when they are those the caller has; nil when there is no such sale
  Cost    O(1) when nothing changed, else O(areas), with seats O(seats)
]]
local sale, areas, seats = KEYS[1], KEYS[2], KEYS[3]
local wantsSeats, known = ARGV[1] == '1', ARGV[2]
local v = redis.call('HMGET', sale, 'state', 'version', 'epoch', 'seq', 'head')
if not v[1] then return nil end
if known == v[3] .. '-' .. v[4] then return v end
local states = wantsSeats and redis.call('GET', seats) or ''
return { v[1], v[2], v[3], v[4], v[5], redis.call('HGETALL', areas), states }
