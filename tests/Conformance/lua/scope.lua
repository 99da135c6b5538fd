-- Scopes, shadowing, locals in loops, evaluation order, assignments.
local a = 1
local function f() return a end
local a = 2
print(a, f()) do local a = 3 print(a) end
print(a)
local b = a, print('evaluated')
print(b)
local x, y = (function() return 1, 2 end)()
print(x, y)
local x, y = ((function() return 1, 2 end)())
print(x, y)
for i = 1, 2 do local a = a + i io.write(a, ' ') end
print(a)
local i = 5 for i = i, i + 1 do io.write(i, ' ') end
print(i) while a < 4 do local a2 = a a = a2 + 1 end
print(a) repeat local z = a a = a + 1 until z > 5
print(a, z)
local function order(n) io.write(n, ' ') return n end
local t = {} t[order(1)], t[order(2)] = order(3), order(4)
print(t[1], t[2])
print(order(1) + order(2) * order(3), order(4) .. order(5) .. order(6))
local u = {order(1), k = order(2), order(3), [order(4)] = order(5)}
print(#u, u.k, u[4])
print(order(1) < order(2), order(2) > order(1), order(1) == order(2)) order(order(1) + 1)
print()
local function g(...) return select('#', ...) end
print(g(order(1), order(2)))
local p, q, r = 1
print(p, q, r) p, q, r = 1, 2, 3, 4
print(p, q, r) p, q = q, p
print(p, q)
local m = {1, 2}
local k = 1 k, m[k] = 2, 'x'
print(k, m[1], m[2]) m.a, m.b = m.b, 'new'
print(m.a, m.b)
local n = {} n.n = n
print(n.n.n == n)
local s = {f = function(self) self.v = (self.v or 0) + 1 return self end} s:f():f().f(s)
print(s.v)
local function mul() return 1, 2, 3 end
local m1, m2 = mul(), 10
print(m1, m2)
local tt = {mul(), mul()}
print(#tt) tt = {mul(), (mul())}
print(#tt)
local function deep() local l1 = 1 local function l() local l2 = l1 + 1 local function ll() local l3 = l2 + l1 l1 = l3 return l3 end return ll end return l(), function() return l1 end end
local d1, d2 = deep()
print(d1(), d1(), d2())
local v1, v2, v3, v4, v5, v6, v7, v8, v9, v10 = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
print(v1 + v10, (function() return v1 + v2 + v3 + v4 + v5 + v6 + v7 + v8 + v9 + v10 end)())
local function upd() v1, v2 = v2, v1 return v1 end
print(upd(), v1, v2) G1, G2 = 1, 2 G1, G2 = G2, G1
print(G1, G2)
local function rec(n) local r = n if n > 0 then rec(n - 1) end return r end
print(rec(5))
local self = 'self'
local o = {self = function() return self end, m = function(self) return self end}
print(o.self(), o:m() == o) do local function rec2(n) return n <= 0 and 0 or n + rec2(n - 1) end print(rec2(100)) end
local fib fib = function(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end
print(fib(20))
