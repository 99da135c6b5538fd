-- Factorials and powers with digit arrays.
local function mul(a, k)
  local r, carry = {}, 0
  for i = 1, #a do
    local v = a[i] * k + carry
    r[i] = v % 10000
    carry = math.floor(v / 10000)
  end
  while carry > 0 do r[#r + 1] = carry % 10000 carry = math.floor(carry / 10000) end
  return r
end
local function show(a)
  local s = {tostring(a[#a])}
  for i = #a - 1, 1, -1 do s[#s + 1] = ('%04d'):format(a[i]) end
  return table.concat(s)
end
local f = {1}
for i = 1, 60 do f = mul(f, i) if i % 10 == 0 then print(i, show(f)) end end
local p = {1}
for i = 1, 200 do p = mul(p, 2) end
print(show(p))
local function gcd(a, b) while b ~= 0 do a, b = b, a % b end return a end
print(gcd(2 ^ 40, 6 ^ 20), gcd(1071, 462), gcd(17, 0))
local function ack(m, n) if m == 0 then return n + 1 elseif n == 0 then return ack(m - 1, 1) end return ack(m - 1, ack(m, n - 1)) end
print(ack(2, 3), ack(3, 3))
local function collatz(n) local c = 0 while n ~= 1 do n = n % 2 == 0 and n / 2 or 3 * n + 1 c = c + 1 end return c end
print(collatz(27), collatz(97), collatz(871))
local function hanoi(n, a, b, c) if n == 0 then return 0 end return hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a) end
print(hanoi(12, 'a', 'b', 'c'))
local function bits(n) local s = '' repeat s = n % 2 .. s n = math.floor(n / 2) until n == 0 return s end
print(bits(0), bits(10), bits(255), bits(2 ^ 33 + 1))
