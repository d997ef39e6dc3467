-- Access codes and promotions, used up by holds and given back with them. `codes` has per access code, by its
-- digest, `letters usesMax usesPerBuyerMax used`, letters being those of the channels it opens and 0 no
-- limit; per promotion `p:<id>` its uses; and for either `<code>/<buyerId>`, the uses of one buyer.
-- Needs: the functions of sale.

local function codeTextOf(sale, field)
  local text = sale.codes[field]
  if text == nil then
    text = redis.call('HGET', sale.keys.codes, field)
    sale.codes[field] = text
  end
  return text ~= '' and text
end

local function usesOf(sale, field)
  return tonumber(codeTextOf(sale, field) or 0)
end

local function setCodeText(sale, field, text)
  sale.codes[field] = text
  sale.changedCodes[#sale.changedCodes + 1] = field
end

local function setUses(sale, field, uses)
  setCodeText(sale, field, uses == 0 and '' or tostring(uses))
end

local function readAccessCode(text)
  local letters, usesMax, perBuyerMax, used = string.match(text, '^(%u*) (%d+) (%d+) (%d+)$')
  return letters, tonumber(usesMax), tonumber(perBuyerMax), tonumber(used)
end

-- Whose uses are at their limit: `c` the code's, `b` the buyer's; nil if neither are.
local function spentOf(sale, code, buyerId, used, usesMax, perBuyerMax)
  if usesMax > 0 and used >= usesMax then return 'c' end
  if perBuyerMax > 0 and usesOf(sale, code .. '/' .. buyerId) >= perBuyerMax then return 'b' end
end

-- Judges what a claim shows: digests, and `p:<id>=<usesMax>=<usesPerBuyerMax>`, parted by spaces. What the
-- hold has used up already (`kept`, parted by spaces) is not judged again. Returns the letters that they open
-- and the codes of the hold; or nil, the reason and its detail.
local function judgeCodes(sale, shown, buyerId, kept)
  if shown == '' then return '', '' end
  local letters, codes = '', {}
  local had = ' ' .. kept .. ' '
  for text in string.gmatch(shown, '%S+') do
    local code, usesMax, perBuyerMax = string.match(text, '^(p:[^=]+)=(%d+)=(%d+)$')
    local isHad = string.find(had, ' ' .. (code or text) .. ' ', 1, true)
    if code then
      local spent = not isHad
        and spentOf(sale, code, buyerId, usesOf(sale, code), tonumber(usesMax), tonumber(perBuyerMax))
      if spent then return nil, REASON.promotion_code_used, spent end
    else
      code = text
      local stored = codeTextOf(sale, code)
      if not stored then return nil, REASON.access_code_unknown, '' end
      local opens, most, perBuyer, used = readAccessCode(stored)
      local spent = not isHad and spentOf(sale, code, buyerId, used, most, perBuyer)
      if spent then return nil, REASON.access_code_used, spent end
      letters = letters .. opens
    end
    codes[#codes + 1] = code
  end
  return letters, table.concat(codes, ' ')
end

-- Counts one use more (1) or less (-1) of each code of a hold.
local function countUses(sale, codes, buyerId, change)
  for code in string.gmatch(codes, '%S+') do
    if string.sub(code, 1, 2) == 'p:' then
      setUses(sale, code, usesOf(sale, code) + change)
    else
      local letters, usesMax, perBuyerMax, used = readAccessCode(codeTextOf(sale, code))
      setCodeText(sale, code, table.concat({ letters, usesMax, perBuyerMax, used + change }, ' '))
    end
    setUses(sale, code .. '/' .. buyerId, usesOf(sale, code .. '/' .. buyerId) + change)
  end
end

local function giveBackCodes(sale, codes, buyerId)
  if codes ~= '' then countUses(sale, codes, buyerId, -1) end
end
