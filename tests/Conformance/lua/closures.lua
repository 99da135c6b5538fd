-- Closures share variables, each loop turn has its own, and a variable lives on when its block is left.
local function counter()
  local n = 0
  return function() n = n + 1 return n end, function() return n end, function(v) n = v end
end
local inc, get, set = counter()
print(inc(), inc(), get()) set(10)
print(inc(), get())
local other = counter()
print(other(), get())

local fs = {}
for i = 1, 5 do fs[i] = function() i = i + 10 return i end end
print(fs[1](), fs[1](), fs[2](), fs[5]())
for k, v in ipairs({'a', 'b', 'c'}) do fs[k] = function() return k, v end end
print(fs[1]())
print(fs[3]())
local i = 1
while i <= 3 do local j = i fs[i] = function(d) j = j + (d or 0) return j end i = i + 1 end
print(fs[1](5), fs[1](), fs[2](), fs[3](1))
i = 0
repeat local x = i fs[i] = function() return x end i = i + 1 until x >= 3
print(fs[0](), fs[1](), fs[3]())

-- break leaves a captured variable behind
local keep
for i = 1, 10 do
  local v = i * i
  if v > 20 then keep = function() v = v + 1 return v, i end break end
end
print(keep())
print(keep())

-- three levels
local function a(x)
  return function(y)
    x = x + 1
    return function(z) x = x + z y = y + x return x, y, z end
  end
end
local b = a(1)
local c, d = b(10), b(20)
print(c(1))
print(d(2))
print(c(3))

-- recursion through an upvalue, and mutual recursion
local fact fact = function(n) if n < 2 then return 1 end return n * fact(n - 1) end
print(fact(10), fact(20))
local even, odd
function even(n) if n == 0 then return true end return odd(n - 1) end
function odd(n) if n == 0 then return false end return even(n - 1) end
print(even(10), odd(7), even(10001))

-- a closure over a parameter, and over a loop variable of an outer function
local function each(t, f) for i = 1, #t do f(t[i], i) end end
local sum = 0
each({1, 2, 3, 4}, function(v, i) sum = sum + v * i end)
print(sum)
local function fibs()
  local a, b = 0, 1
  return function() local r = a a, b = b, a + b return r end
end
local f = fibs()
local t = {} for n = 1, 15 do t[n] = f() end
print(table.concat(t, ' '))

-- upvalues of a coroutine stay shared with the outside
local n = 0
local co = coroutine.wrap(function() while true do n = n + 1 coroutine.yield(n) end end)
co() co() n = 100
print(co(), n)

-- same function text, different closures
local function make() return function() end end
print(make() == make(), make == make)

-- shadowing
local x = 1
do local x = x + 1 do local x = x + 1 print(x) end print(x) end
print(x)
local x = x + 5
print(x)
local function shadow(x) local x = x and x .. '!' return x end
print(shadow('a'), shadow(nil))
