-- String functions: sub, byte, char, find of plain text, comparison, tonumber and tostring.
local text = ('the quick brown fox jumps over the lazy dog; '):rep(40)
local n = 0
for round = 1, 170 do
  for i = 1, #text do
    if text:sub(i, i) == 'o' then n = n + 1 end
    n = n + text:byte(i) % 3
  end
  local at = 1
  while true do
    local from, to = text:find('lazy', at, true)
    if not from then break end
    n = n + from
    at = to + 1
  end
end
for i = 1, 640000 do
  n = n + tonumber(tostring(i % 5000))
  if string.char(65 + i % 26) < 'N' then n = n + 1 end
end
for i = 1, 310000 do n = n + #tostring(i / 8) end
print(n)
