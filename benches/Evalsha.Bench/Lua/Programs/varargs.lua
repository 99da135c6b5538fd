-- Variable arguments: select, passing on, packing and unpacking.
local select, unpack = select, unpack
local function count(...) return select('#', ...) end
local function pass(...) return ... end
local function sum(...)
  local s = 0
  for i = 1, select('#', ...) do s = s + (select(i, ...)) end
  return s
end
local function pack(...) return {...} end
local s = 0
for i = 1, 1800000 do
  s = s + count(i, i, i)
  local a, b = pass(i, 2)
  s = s + a + b
end
for i = 1, 450000 do s = s + sum(i, 1, 2, 3, 4) end
for i = 1, 670000 do local t = pack(i, i + 1) s = s + sum(unpack(t)) end
print(s)
