-- Traversal: pairs, ipairs, next and an iterator of our own.
local t = {}
for i = 1, 1000 do t[i] = i t['k' .. i] = i end
local function range(n)
  local i = 0
  return function() i = i + 1 if i <= n then return i end end
end
local s = 0
for round = 1, 2000 do
  for k, v in pairs(t) do s = s + v end
  for i, v in ipairs(t) do s = s + v * i end
  local k, v = next(t)
  while k do s = s + v k, v = next(t, k) end
  for i in range(1000) do s = s + i end
end
print(string.format('%.0f', s))
