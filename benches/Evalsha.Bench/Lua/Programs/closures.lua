-- Closures: made, called, and passed to other functions.
local function counter(n) return function(d) n = n + d return n end end
local function map(t, f) local r = {} for i = 1, #t do r[i] = f(t[i]) end return r end
local function compose(f, g) return function(x) return f(g(x)) end end
local s = 0
for i = 1, 1800000 do local c = counter(i) c(1) s = s + c(2) end
local t = {}
for i = 1, 100 do t[i] = i end
local inc, double = function(x) return x + 1 end, function(x) return x * 2 end
for i = 1, 22000 do
  local r = map(t, compose(inc, double))
  s = s + r[#r]
end
print(s)
