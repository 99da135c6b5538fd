-- Metamethods: operators, __index and __newindex functions, __call.
local V = {}
V.__index = V
V.__add = function(a, b) return setmetatable({a[1] + b[1], a[2] + b[2]}, V) end
V.__eq = function(a, b) return a[1] == b[1] and a[2] == b[2] end
V.__lt = function(a, b) return a[1] < b[1] end
V.__call = function(self, k) return self[1] * k end
local one, v, n = setmetatable({1, 1}, V), setmetatable({0, 0}, V), 0
for i = 1, 1000000 do
  v = v + one
  if v == one or v < one then n = n + 1 end
  n = n + v(2)
end
local log = {}
local proxy = setmetatable({}, {__index = function(t, k) return k * 2 end, __newindex = function(t, k, x) log[k % 10] = x end})
for i = 1, 1600000 do proxy[i] = proxy[i] + 1 end
print(n, v[1], log[3])
