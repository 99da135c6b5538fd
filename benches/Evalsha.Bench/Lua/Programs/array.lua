-- Arrays: filled by index and by #, updated, summed, emptied from the end.
local total = 0
for round = 1, 10 do
  local a = {}
  for i = 1, 200000 do a[i] = i end
  for i = 1, #a do a[i] = a[i] * 2 end
  for i = 1, #a do total = total + a[i] end
  for i = #a, 1, -1 do a[i] = nil end
  for i = 1, 50000 do a[#a + 1] = i end
  for i = 1, 50000 do table.insert(a, i) end
  while #a > 0 do table.remove(a) end
end
print(total)
