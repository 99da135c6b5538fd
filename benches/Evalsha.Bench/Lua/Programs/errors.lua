-- Caught errors: pcall that succeeds, error values and texts, failed operations, xpcall.
local function check(x) if x % 2 == 0 then error({code = x}) end return x end
local function deep(n) if n == 0 then error('too deep', 0) end return deep(n - 1) + 1 end
local n = 0
for i = 1, 780000 do
  local ok, e = pcall(check, i)
  n = n + (ok and e or e.code)
end
for i = 1, 156000 do
  local ok, e = pcall(deep, 5)
  n = n + #e
  ok, e = pcall(function() return nil + i end)
  if not ok and e:find('arithmetic', 1, true) then n = n + 1 end
  ok, e = xpcall(function() error('x', 0) end, function(m) return m .. '!' end)
  n = n + #e
end
for i = 1, 1950000 do pcall(check, 1) end
print(n)
