-- Whole numbers as texts. Where Lua makes a text of a number itself it does so as of a fraction, which costs
-- three times as much; and most are needed more than once in a call.
local texts = {}
local function textOf(number)
  local text = texts[number]
  if not text then
    text = string.format('%d', number)
    texts[number] = text
  end
  return text
end
