-- Tail calls keep the stack flat; others do not; what a tail call may return.
local function loop(n, acc) if n == 0 then return acc end return loop(n - 1, acc + 1) end
print(loop(300000, 0))
local function a(n) if n == 0 then return 'a' end return b(n - 1) end function b(n) if n == 0 then return 'b' end return (function(...) return a(...) end)(n - 1) end
print(pcall(a, 100001))
local t = {} function t:m(n, ...) if n == 0 then return select('#', ...), ... end return self:m(n - 1, n, ...) end
print(t:m(5))
local function id(...) return ... end
local function tail(...) return id(...) end
print(tail(1, nil, 3, nil))
print((tail(1, 2)))
local c = setmetatable({}, {__call = function(self, n) if n == 0 then return 'called' end return self(n - 1) end})
print(c(100))
local function viaPcall(n) if n == 0 then return 'x' end return pcall(viaPcall, n - 1) end
print(viaPcall(3))
print(pcall(function() return error('tail error') end))
print(pcall(function() return error('tail error', 2) end))
local function e() error('in e') end
print(pcall(function() return e() end))
local function notTail(n) if n == 0 then return 0 end return 1 + notTail(n - 1) end
print(notTail(10000))
local function paren(n) if n == 0 then return 1, 2, 3 end return (paren(n - 1)) end
print(paren(10))
print(pcall(string.rep))
local function builtin() return tostring(5) end
print(builtin())
local function upv() local x = 10 local f = function() return x end x = 20 return f() end
print(upv())
local function args(a, b, c) return a, b, c end
local function fewer(...) return args(...) end
print(fewer(1))
print(fewer(1, 2, 3, 4))
local function va(...) local function inner(...) return ... end return inner(select(2, ...)) end
print(va(1, 2, 3))
print(debug.traceback('msg', 1):match('^msg\nstack traceback:\n') ~= nil)
local co = coroutine.wrap(function(n) local function f(n) if n == 0 then return coroutine.yield('y') end return f(n - 1) end return f(n) end)
print(co(50000), co('back'))
local function state(s, ...) if s == 'end' then return 'final', ... end local next = {start = 'mid', mid = 'end'} return state(next[s], s, ...) end
print(state('start'))
