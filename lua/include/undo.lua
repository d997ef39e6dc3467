-- What a claim changed in Lua's memory, put back when it is refused after all. Needs: raiseBounds.

-- Table, key and old value in turn, undone in reverse.
local undo, undoCount = {}, 0

local function startUndo() undoCount = 0 end

local function note(holder, key)
  undo[undoCount + 1], undo[undoCount + 2], undo[undoCount + 3] = holder, key, holder[key]
  undoCount = undoCount + 3
end

-- Bounds that were corrected meanwhile are too low for what comes back.
local function undoAll(sale)
  sale.givenBack = sale.givenBack + 1
  for i = undoCount - 2, 1, -3 do
    local holder, key = undo[i], undo[i + 1]
    holder[key] = undo[i + 2]
    if key == 'seats' then raiseBounds(sale, holder) end
  end
  undoCount = 0
end
