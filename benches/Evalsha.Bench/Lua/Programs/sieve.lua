-- Sieve: an array of booleans.
local count
for round = 1, 13 do
  local flags, n = {}, 400000
  count = 0
  for i = 2, n do flags[i] = true end
  for i = 2, n do
    if flags[i] then
      for k = i + i, n, i do flags[k] = false end
      count = count + 1
    end
  end
end
print(count)
