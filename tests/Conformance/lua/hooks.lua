-- debug.sethook: call, return, line and count events, in functions of every kind, with errors, coroutines and locals.
local function trace(mask, count, f, ...)
  local log = {}
  debug.sethook(function(ev, line)
    local i = debug.getinfo(2, 'nSlf')
    log[#log+1] = ev .. ':' .. tostring(line) .. ':' .. tostring(i.name) .. ':' .. i.namewhat .. ':' .. i.what .. ':' .. i.currentline .. ':' .. i.linedefined
    local h = debug.getinfo(1, 'n')
    log[#log+1] = tostring(h.name) .. h.namewhat
  end, mask, count)
  local ok, e = pcall(f, ...)
  print(debug.gethook() ~= nil, select(2, debug.gethook()))
  debug.sethook()
  print(ok, e, #log)
  for _, l in ipairs(log) do print(l) end
  print(debug.gethook())
end
local function fact(n) if n < 2 then return 1 end return n * fact(n - 1) end
local function tail(n) if n == 0 then return 'done' end return tail(n - 1) end
local function loop()
  local s = 0
  for i = 1, 3 do
    s = s + i
  end
  while s > 0 do s = s - 2 end
  repeat s = s + 1 until s > 2
  for k, v in pairs({1, 2}) do s = s + v end
  for k in (function(_, x) x = (x or 0) + 1 if x < 3 then return x end end) do s = s + k end
  return s
end
local function lib()
  local t = {3, 1, 2}
  table.sort(t, function(a, b) return a < b end)
  local m = setmetatable({}, {__index = function(t, k) return k end, __add = function(a, b)
    return 1 end})
  local x = m.foo .. m.bar
  local y = m + m
  string.gsub('abc', '%w', function(c) return c:upper() end)
  local co = coroutine.wrap(function(a)
    local b = coroutine.yield(a)
    return b
  end)
  co(1) co(2)
  local t = { f = function(...) return select('#', ...) end }
  t.f(1, 2, t.f(t.f()))
  pcall(error, 'x')
  xpcall(function() error('y') end, function(m) return m end)
  return (tostring(1))
end
local function bad() local x = nil; return x.y end
for _, mask in ipairs{'c', 'r', 'l', 'cr', 'crl', ''} do
  for n, f in pairs{fact = fact} do trace(mask, 0, f, 3) end
  trace(mask, 0, tail, 3)
  trace(mask, 0, loop)
  trace(mask, 0, lib)
  trace(mask, 0, bad)
end
for _, c in ipairs{1, 2, 3, 7, 100} do
  trace('', c, fact, 5) trace('', c, loop) trace('l', c, lib) trace('crl', c, tail, 2)
end
-- error in hooks
local function herr(mask, count, f, ...)
  local n = 0
  local r = {pcall(function(...)
    debug.sethook(function(ev, line) n = n + 1 if n == 5 then debug.sethook() error('hook ' .. ev .. tostring(line)) end end, mask, count)
    return f(...)
  end, ...)}
  n = 100
  debug.sethook()
  print(n, r[1], r[2])
  print(pcall(function() local a = 1 return a end))
  debug.sethook()
  print(n)
end
for _, mask in ipairs{'c', 'r', 'l', 'crl'} do herr(mask, 0, loop) herr(mask, 0, lib) herr(mask, 0, fact, 4) herr(mask, 0, tail, 6) end
herr('', 3, loop) herr('', 1, loop)
-- infinite loop stopped by count
print(pcall(function() debug.sethook(function() error('timeout!') end, '', 1000) while true do end end))
debug.sethook()
print(pcall(function() debug.sethook(function() error(true) end, '', 1000) local function f() return f() end f() end))
debug.sethook()
-- coroutine hooks
local co = coroutine.create(function(a)
  local x = a
  coroutine.yield(x)
  x = x + 1
  return x
end)
local log = {}
debug.sethook(co, function(e, l) log[#log + 1] = e .. tostring(l) end, 'crl')
print(coroutine.resume(co, 1)) print(coroutine.resume(co)) print(table.concat(log, ' '))
print(debug.gethook(co) ~= nil, select(2, debug.gethook(co)))
debug.sethook(function() end, 'l', 5)
local co2 = coroutine.create(function() end)
print(debug.gethook(co2))
print(select(2, debug.gethook()))
debug.sethook()
print(debug.gethook(co2))
print(pcall(debug.sethook, 1)) print(pcall(debug.sethook, print)) print(pcall(debug.sethook, 'x', 'c')) print(pcall(debug.sethook, print, 'c', {}))
-- locals in hook
local seen = {}
local function withlocals(a, b) local c = a + b
  local d = c * 2
  return d end
debug.sethook(function(e, l) local i = 1 while true do local n, v = debug.getlocal(2, i) if not n then break end if n:sub(1, 1) ~= '(' then seen[#seen + 1] = e .. l .. n .. tostring(v) end i = i + 1 if i > 6 then break end end end, 'l')
withlocals(1, 2)
debug.sethook()
print(#seen) for _, s in ipairs(seen) do if not s:find('table') and not s:find'function' then print(s) end end
debug.sethook(function(e, l) if l == 3 then end; local ok, err = pcall(coroutine.yield, 1) print(ok, err) debug.sethook() end, 'l')
local x = 1
local chunk = loadstring("local a = 1\nlocal b = 2\n\nreturn a + b", "=chunk")
local lines = {}
debug.sethook(function(e, l) lines[#lines+1] = debug.getinfo(2,'S').short_src .. l end, 'l')
chunk()
loadstring("x = 1\nx = 2\nfor i=1,2 do x = i end", "=c2")()
debug.sethook()
print(table.concat(lines, ','))
local t = {}
for k in pairs(debug.getinfo(1, 'L').activelines) do t[#t+1] = k end table.sort(t) print(#t)

local function va(...) return select('#', ...), ... end
local function tva(a, b, ...) if a == 0 then return va(a, b, ...) end return tva(a - 1, ...) end
local log = {}
debug.sethook(function(e, l) local i = debug.getinfo(2, 'nl') log[#log + 1] = e .. tostring(l) .. tostring(i.name) .. i.currentline for j = 1, 5 do local n, v = debug.getlocal(2, j) if n and n:sub(1, 1) ~= '(' and type(v) ~= 'function' and type(v) ~= 'table' then log[#log+1] = n .. tostring(v) end end end, 'crl')
print(tva(2, 3, 4, 5, 6, 7))
debug.sethook()
print(table.concat(log, ' '))
