-- Computed string keys: a table filled and read by keys that are joined at run time.
local s = 0
for round = 1, 280 do
  local h = {}
  for i = 1, 2000 do h['key:' .. i] = i end
  for i = 1, 2000 do s = s + h['key:' .. i] end
  for i = 1, 2000, 2 do h['key:' .. i] = nil end
  for k, v in pairs(h) do s = s + v end
end
print(s)
