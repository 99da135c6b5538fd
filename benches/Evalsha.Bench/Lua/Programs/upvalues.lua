-- Upvalues: shared by two functions, read and written, open and closed.
local a, b, c = 0, 1, 2
local function step() a = a + b c = c + a return c end
local function reset() a = 0 b = b + 1 end
local s = 0
for i = 1, 6000000 do
  s = s + step() % 13
  if i % 1000 == 0 then reset() end
end
local function outer()
  local x = 0
  local function add(d) x = x + d end
  for i = 1, 100 do add(i) end
  return x
end
for i = 1, 40000 do s = s + outer() end
print(s)
