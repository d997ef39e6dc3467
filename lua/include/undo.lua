-- What a claim changed in Lua's memory, put back when it is refused after all. Needs: shift, raiseBounds.

-- Table, key and old value in turn, or counter, 'taken' and how many; undone in reverse.
local undo, undoCount = {}, 0

local function startUndo() undoCount = 0 end

local function note(holder, key)
  local count = undoCount
  undo[count + 1], undo[count + 2], undo[count + 3] = holder, key, holder[key]
  undoCount = count + 3
end

-- Moves n free places of a counter to the held ones.
local function takeFrom(counter, n)
  local count = undoCount
  undo[count + 1], undo[count + 2], undo[count + 3] = counter, 'taken', n
  undoCount = count + 3
  counter.free, counter.held = counter.free - n, counter.held + n
end

-- Bounds that were corrected meanwhile are too low for what comes back.
local function undoAll(sale)
  sale.givenBack = sale.givenBack + 1
  for i = undoCount - 2, 1, -3 do
    local holder, key = undo[i], undo[i + 1]
    if key == 'taken' then
      shift(holder, 'held', 'free', undo[i + 2])
    else
      holder[key] = undo[i + 2]
      if key == 'seats' then raiseBounds(sale, holder) end
    end
  end
  undoCount = 0
end
