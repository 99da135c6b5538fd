-- Coroutines: values both ways, states, errors inside, wrap, yields from deep calls and where a yield is not allowed.
local co = coroutine.create(function(a, b)
  print('start', a, b)
  local c = coroutine.yield(a + b)
  print('got', c)
  local d, e = coroutine.yield(c * 2, 'two')
  print('got', d, e)
  return 'done', 99
end)
print(coroutine.status(co), coroutine.resume(co, 1, 2))
print(coroutine.status(co), coroutine.resume(co, 10))
print(coroutine.resume(co, 'x', nil))
print(coroutine.status(co), coroutine.resume(co))
print(coroutine.resume(co))
local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
local t = {} for v in gen(5) do t[#t + 1] = v end
print(table.concat(t, ','))
local function permgen(a, n) n = n or #a if n <= 1 then coroutine.yield(table.concat(a)) else for i = 1, n do a[n], a[i] = a[i], a[n] permgen(a, n - 1) a[n], a[i] = a[i], a[n] end end end
for p in coroutine.wrap(function() permgen({'a', 'b', 'c'}) end) do io.write(p, ' ') end
print()

-- errors
co = coroutine.create(function() error('oops') end)
print(coroutine.resume(co))
print(coroutine.status(co), coroutine.resume(co))
co = coroutine.create(function() error({code = 5}) end)
local ok, e = coroutine.resume(co)
print(ok, type(e), e.code)
co = coroutine.create(function() local x = nil; x.y = 1 end)
print(coroutine.resume(co))
print(pcall(coroutine.wrap(function() error('in wrap') end)))
print(pcall(coroutine.wrap(function() error('bare', 0) end)))
local w = coroutine.wrap(function() return 1 end)
print(w())
print(pcall(w))
print(pcall(coroutine.resume, 1))
print(pcall(coroutine.create, 1))
print(pcall(coroutine.wrap))
print(pcall(coroutine.status, nil))

-- where a yield may not go through
print(pcall(coroutine.yield, 1))
co = coroutine.create(function() return pcall(coroutine.yield, 1) end)
print(coroutine.resume(co))
co = coroutine.create(function() return pcall(function() coroutine.yield(1) end) end)
print(coroutine.resume(co))
co = coroutine.create(function() table.sort({3, 2, 1}, function(a, b) coroutine.yield() end) end)
print(coroutine.resume(co))
co = coroutine.create(function() return ('x'):gsub('x', function() coroutine.yield() end) end)
print(coroutine.resume(co))
co = coroutine.create(function() return setmetatable({}, {__index = function(t, k) return coroutine.yield(k) end}).x end)
print(coroutine.resume(co))
co = coroutine.create(function() for v in function() return coroutine.yield('iter') end do print('loop', v) end return 'end' end)
print(coroutine.resume(co))
print(coroutine.resume(co, 1))
print(coroutine.resume(co, nil))

-- self, status of the outer, nested resumes
local outer
outer = coroutine.create(function()
  print('outer', coroutine.status(outer))
  local inner = coroutine.create(function() print('inner sees', coroutine.status(outer)) print(coroutine.resume(outer)) coroutine.yield() end)
  coroutine.resume(inner) print('inner', coroutine.status(inner)) print(coroutine.resume(coroutine.running()))
end)
print(coroutine.resume(outer))
print(coroutine.running())
co = coroutine.wrap(function() print(type(coroutine.running())) return pcall(co) end)
print(co())

-- yields through many Lua frames, tail calls, varargs
local function deep(n) if n == 0 then coroutine.yield('bottom') return 'back' end return (deep(n - 1)) end
co = coroutine.create(deep)
print(coroutine.resume(co, 100))
print(coroutine.resume(co))
local function tailed(n) if n == 0 then return coroutine.yield('tail') end return tailed(n - 1) end
co = coroutine.create(tailed)
print(coroutine.resume(co, 1000))
print(coroutine.resume(co, 'r1', 'r2'))
co = coroutine.wrap(function(...) local n = select('#', ...) while true do n = n + select('#', coroutine.yield(n)) end end)
print(co(1, nil, 3), co(nil, nil), co())
co = coroutine.wrap(function() return coroutine.yield(coroutine.yield(coroutine.yield(1))) end)
print(co())
print(co(2))
print(co(3))
print(co(4, 5))

-- many alive at once; producer and consumer; upvalues
local cos = {} for i = 1, 100 do cos[i] = coroutine.wrap(function() local s = i while true do s = s + coroutine.yield(s) end end) end
local sum = 0 for r = 1, 3 do for i = 1, 100 do sum = sum + (cos[i](r) or 0) end end
print(sum)
local function producer() return coroutine.create(function() for _, v in ipairs({'a', 'b', 'c'}) do coroutine.yield(v) end return nil end) end
local function filter(p) return coroutine.create(function() local n = 0 while true do local _, v = coroutine.resume(p) if not v then return nil end n = n + 1 coroutine.yield(n .. v) end end) end
local f = filter(producer()) while true do local _, v = coroutine.resume(f) if not v then break end io.write(v, ';') end
print()
local function nest(n) if n == 0 then return 'leaf' end return coroutine.wrap(nest)(n - 1) end
print(nest(50))
-- an error with a level, a traceback inside a coroutine
co = coroutine.create(function() local function g() error('lvl', 2) end g() end)
print(coroutine.resume(co))
co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co)
print((debug.traceback(co):gsub('0x%x+', 'ADDR')))
