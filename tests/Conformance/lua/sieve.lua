-- Primes by a sieve, by a chain of coroutine filters, and by a pattern.
local function sieve(n)
  local composite, primes = {}, {}
  for i = 2, n do
    if not composite[i] then
      primes[#primes + 1] = i
      for j = i * i, n, i do composite[j] = true end
    end
  end
  return primes
end
local p = sieve(2000)
print(#p, p[#p], table.concat(p, ' ', 1, 20))
local function gen(n) return coroutine.wrap(function() for i = 2, n do coroutine.yield(i) end end) end
local function filter(q, g)
  return coroutine.wrap(function()
    while true do
      local n = g()
      if n == nil then return end
      if n % q ~= 0 then coroutine.yield(n) end
    end
  end)
end
local x, found = gen(200), {}
while true do
  local n = x()
  if n == nil then break end
  found[#found + 1] = n
  x = filter(n, x)
end
print(table.concat(found, ' '))
for n = 2, 30 do
  local s = ('1'):rep(n)
  if not s:find('^(11+)%1+$') then io.write(n, ' ') end
end
print()
