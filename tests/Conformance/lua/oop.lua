-- Classes by metatables: inheritance, super calls, methods with self, operators.
local Animal = {} Animal.__index = Animal
function Animal.new(name, sound) local self = setmetatable({}, Animal) self.name = name self.sound = sound return self end
function Animal:speak() return self.name .. ' says ' .. self.sound end
function Animal:rename(n) self.name = n return self end
local Dog = setmetatable({}, {__index = Animal}) Dog.__index = Dog
function Dog.new(name) local self = Animal.new(name, 'woof') return setmetatable(self, Dog) end
function Dog:speak() return Animal.speak(self) .. '!' end
function Dog:fetch(...) return self.name, 'fetches', ... end
local a, d = Animal.new('cat', 'meow'), Dog.new('rex')
print(a:speak(), d:speak(), d:rename('max'):speak(), a.fetch, d:fetch('ball', nil, 1))
print(getmetatable(d) == Dog, rawget(d, 'speak'))
local Stack = {} Stack.__index = Stack setmetatable(Stack, {__call = function(cls, ...) local o = setmetatable({n = 0}, cls) for i = 1, select('#', ...) do o:push((select(i, ...))) end return o end})
function Stack:push(v) self.n = self.n + 1 self[self.n] = v return self end function Stack:pop() local v = self[self.n] self[self.n] = nil self.n = self.n - 1 return v end
local s = Stack(1, 2, 3):push(4)
print(s:pop(), s:pop(), s.n)
local V = {} V.__index = V
local function vec(x, y) return setmetatable({x = x, y = y}, V) end
V.__add = function(a, b) return vec(a.x + b.x, a.y + b.y) end V.__mul = function(a, b) if type(a) == 'number' then return vec(a * b.x, a * b.y) elseif type(b) == 'number' then return b * a end return a.x * b.x + a.y * b.y end V.__unm = function(a) return vec(-a.x, -a.y) end V.__eq = function(a, b) return a.x == b.x and a.y == b.y end V.__lt = function(a, b) return a.x < b.x end V.__le = function(a, b) return a.x <= b.x end V.__tostring = function(a) return '(' .. a.x .. ',' .. a.y .. ')' end V.__concat = function(a, b) return tostring(a) .. tostring(b) end V.__index = function(t, k) if k == 'len' then return math.sqrt(t.x ^ 2 + t.y ^ 2) end return V[k] end
local p, q = vec(1, 2), vec(3, 4)
print(tostring(p + q), tostring(2 * p), tostring(p * 2), p * q, tostring(-p), p == vec(1, 2), p ~= q, p < q, p <= q, p .. q, p .. 'x', q.len)
local Account = {} function Account.open(b) local balance = b return {deposit = function(v) balance = balance + v return balance end, get = function() return balance end} end
local acc = Account.open(10)
print(acc.deposit(5), acc.get())
local ro = setmetatable({}, {__index = {a = 1}, __newindex = function(_, k) error('readonly: ' .. k, 2) end})
print(ro.a, pcall(function() ro.b = 1 end))
local default = setmetatable({}, {__index = function(t, k) local v = k * 2 rawset(t, k, v) return v end})
print(default[5], rawget(default, 5), rawget(default, 6))
local tracked = {}
local proxy = setmetatable({}, {__index = function(_, k) tracked[#tracked + 1] = 'r' .. k return nil end, __newindex = function(_, k, v) tracked[#tracked + 1] = 'w' .. k .. v end}) proxy.a = 1
local _ = proxy.b
print(table.concat(tracked, ' '))
