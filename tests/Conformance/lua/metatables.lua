-- Metamethods: which one is asked, with what operands, and in which order.
local mt = {}
local function show(v) if type(v) == 'table' then return v.name end return tostring(v) end
for _, op in ipairs({'add', 'sub', 'mul', 'div', 'mod', 'pow', 'concat'}) do
  mt['__' .. op] = function(a, b) return op .. '(' .. show(a) .. ',' .. show(b) .. ')' end
end
mt.__unm = function(a, b) return 'unm(' .. show(a) .. ',' .. show(b) .. ')' end
mt.__len = function(a) return 'len' end
mt.__eq = function(a, b) print('eq', show(a), show(b)) return a.name == b.name end
mt.__lt = function(a, b) print('lt', show(a), show(b)) return show(a) < show(b) end
mt.__call = function(self, ...) return 'call', self.name, select('#', ...), ... end
mt.__tostring = function(a) return 'T:' .. a.name end
local function new(name) return setmetatable({name = name}, mt) end
local a, b = new('a'), new('b')
print(a + b, a - 1, 2 * a, a / 'x', a % b, a ^ 2, 2 ^ a)
print(a .. b, a .. 1, 1 .. a, 'x' .. a, a .. 'x' .. 'y', 'x' .. 'y' .. a, 1 .. a .. 2)
print(-a, #a == 0, #'abc')
print(a == b, a ~= b, a == new('a'), a == a, a == 1, a ~= nil)
print(a < b, a > b, a <= b, a >= b)
print(a(), a(1, nil))
print(pcall(a, 'p'))
print(tostring(a), tostring(b))
print(a)
mt.__le = function(a, b) print('le') return true end
print(a <= b, a >= b)

-- __index and __newindex: functions, tables, chains, rawget
local base = {inherited = 'base', m = function(self, x) return self.own, x end}
local derived = setmetatable({own = 1}, {__index = base})
local third = setmetatable({}, {__index = derived})
print(derived.inherited, third.inherited, third.own, third.none, rawget(third, 'own'))
print(third:m(5))
local asked = setmetatable({}, {__index = function(t, k) return k .. '?' end})
print(asked.x, asked['y z'], asked[1], rawget(asked, 'x'))
local writes = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, v * 2) end})
writes.a = 5 writes.a = 7
print(writes.a)
local store = {}
local proxy = setmetatable({}, {__index = store, __newindex = store})
proxy.x = 1 proxy[1] = 'one'
print(proxy.x, store.x, rawget(proxy, 'x'), store[1])
local both = setmetatable({}, {__newindex = setmetatable({}, {__newindex = function(t, k, v) print('deep', k, v) end})})
both.k = 'v'
print(rawequal(a, a), rawequal(a, new('a')), rawequal('a', 'a'), rawset(store, 'q', 2) == store)

-- order of operands and which metatable wins
local m1 = setmetatable({}, {__add = function() return 'left' end})
local m2 = setmetatable({}, {__add = function() return 'right' end})
print(m1 + m2, m2 + m1, 1 + m2, m1 + 1)
local e1 = setmetatable({}, {__eq = function() return true end})
local e2 = setmetatable({}, {__eq = function() return true end})
print(e1 == e2, e1 == {}, e1 ~= e2)
local eq = function() return true end
e1, e2 = setmetatable({}, {__eq = eq}), setmetatable({}, {__eq = eq})
print(e1 == e2)
local lt = function() return 1 end
local l1, l2 = setmetatable({}, {__lt = lt}), setmetatable({}, {__lt = lt})
print(l1 < l2, l1 <= l2, pcall(function() return l1 < {} end))
print(pcall(function() return l1 < 1 end))
print(pcall(function() return {} < {} end))
print(pcall(function() return {} < 1 end))
print(pcall(function() return 'a' < 1 end))
print(pcall(function() return nil <= false end))

-- protected metatables, __metatable, strings' own metatable
local p = setmetatable({}, {__metatable = 'locked'})
print(getmetatable(p), pcall(setmetatable, p, {}))
print(getmetatable('').__index == string)
print(('x'):upper(), #getmetatable('x'))
print(pcall(setmetatable, 1, {}))
print(pcall(setmetatable, {}, 1))
print(pcall(setmetatable, {}))
print(setmetatable(p and {}, nil) ~= nil)
getmetatable('').__add = function(a, b) return 'str+' .. tostring(a) .. tostring(b) end
print(pcall(function() return 'a' + 'b' end))
print('10' + 5, pcall(function() return 'x' + 1 end)) getmetatable('').__add = nil
getmetatable('').__call = function(s, n) return s:rep(n) end
print(('ab')(3)) getmetatable('').__call = nil

-- __call chains, __index on functions values, loops
local c = setmetatable({}, {__call = function(self, x) return 'c', x end})
print(c(1))
print(pcall(c, 2))
print(select('#', c()))
local loop = {} setmetatable(loop, {__index = loop})
print(pcall(function() return loop.x end))
local l = {} setmetatable(l, {__newindex = l})
print(pcall(function() l.x = 1 end))
print(pcall(function() local t = setmetatable({}, {__index = 5}) return t.x end))
print(pcall(function() local t = setmetatable({}, {__call = 5}) return t() end))

-- __tostring must give a string; __len is not asked for tables in 5.1; __gc of tables is not run
print(pcall(tostring, setmetatable({}, {__tostring = function() return 1 end})))
print(#setmetatable({1, 2}, {__len = function() return 99 end}))
local weak = setmetatable({}, {__mode = 'k'}) weak[1] = 2
print(weak[1])
-- metamethods that return nothing or many
local r = setmetatable({}, {__add = function() end, __index = function() return 1, 2, 3 end, __lt = function() end})
print(r + 1, r.x, r < r)
print((r + 1) == nil, #{r.x, r.y})
