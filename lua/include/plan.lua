-- Reads what a claim asks for, its *plan*: two texts that many claims of a call may share. The first, with
-- its fields parted by tabs; `sale` from 0, `opened` letters of channels that a pass opens, `codes` as
-- judgeCodes takes them, `terms` opaque:
--   sale version count opened codes terms
-- The second, its steps, joined by ';', their fields by ',':
--   q,area,type,category,money,n                  a quantity of a general area
--   s,area,type,category,money,segment,offsets,allowed   chosen seats; allowed: bytes beside those for all
--   b,scope,first,count,n,policy,accessible,moneys  best available; scope is `a<area>`, `c<category>` or `v`;
--       policy r, p or a; moneys is `category:type,money` joined by '/'
-- Of either, what many plans have in common is read once.
local HEAD_PATTERN = '^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)$'
local heads, moneyLists = {}, {}

local function headOf(text)
  local head = heads[text]
  if not head then
    local saleNumber, version, count, opened, codes, terms = string.match(text, HEAD_PATTERN)
    head = {
      sale = saleNumber + 1, version = version, count = tonumber(count), opened = opened, codes = codes,
      terms = terms,
    }
    heads[text] = head
  end
  return head
end

-- By category, what an item of it has between its area and its count.
local function moneysOf(text)
  local moneys = moneyLists[text]
  if not moneys then
    moneys = {}
    for category, ticketType, money in string.gmatch(text, '(%d+):(%d+),([^/]*)') do
      moneys[category] = ',' .. ticketType .. ',' .. category .. ',' .. money .. ','
    end
    moneyLists[text] = moneys
  end
  return moneys
end

local function readBestStep(text)
  local letter, index, first, count, n, policy, accessible, moneys =
    string.match(text, '^b,(%a)(%d*),(%d+),(%d+),(%d+),(%a),(%d),(.*)$')
  return {
    kind = 'b', letter = letter, index = index,
    first = tonumber(first), count = tonumber(count), n = tonumber(n),
    policy = policy, isAccessible = accessible == '1', money = moneysOf(moneys),
    area = letter == 'a' and index, category = letter == 'c' and index,
  }
end

local function readStep(text)
  local kind = string.sub(text, 1, 1)
  if kind == 'b' then return readBestStep(text) end
  local area, ticketType, category, money, rest = string.match(text, '^%a,(%d+),(%d+),(%d+),([^,]*),(.*)$')
  local front = area .. ',' .. ticketType .. ',' .. category .. ',' .. money .. ','
  if kind == 'q' then return { kind = 'q', area = area, front = front, n = tonumber(rest) } end
  local segment, offsets, allowed = string.match(rest, '^(%d+),([%d.]*),(.*)$')
  return { kind = 's', area = area, front = front, segment = tonumber(segment), offsets = offsets,
    allowed = allowed }
end

local function readPlan(headText, stepsText)
  local head = headOf(headText)
  local steps, isPlain = {}, head.codes == '' and head.opened == ''
  if stepsText ~= '' and not string.find(stepsText, ';', 1, true) then
    steps[1] = readStep(stepsText)
  else
    for step in string.gmatch(stepsText, '[^;]+') do steps[#steps + 1] = readStep(step) end
  end
  for i = 1, #steps do isPlain = isPlain and steps[i].kind == 'q' end
  return {
    head = head, sale = head.sale, count = head.count, opened = head.opened, codes = head.codes,
    terms = head.terms, steps = steps, isPlain = isPlain,
  }
end
