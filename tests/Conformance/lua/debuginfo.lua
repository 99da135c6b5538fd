-- What the debug library tells: lines, names, locals, upvalues, tracebacks.
local function f(a, b, ...) local c = 3 local info = debug.getinfo(1, 'nSlu') return info.name, info.namewhat, info.short_src, info.linedefined, info.lastlinedefined, info.what, info.currentline, info.nups, debug.getlocal(1, 1), (debug.getlocal(1, 3)) end
print(f(1, 2))
local t = {m = f}
print(t.m(1))
print(t:m())
print((function() return (f()) end)())
local i = debug.getinfo(print)
print(i.what, i.short_src, i.source, i.currentline, i.linedefined, i.lastlinedefined, i.nups) i = debug.getinfo(f, 'L')
local lines = {} for l in pairs(i.activelines) do lines[#lines + 1] = l end table.sort(lines)
print(table.concat(lines, ' '))
print(debug.getinfo(1, 'l').currentline, debug.getinfo(1, 'S').what, debug.getinfo(100))
print(pcall(debug.getinfo, 1, 'X'))
print(pcall(debug.getinfo, {}))
print(debug.getinfo(f, 'f').func == f)
local function locals() local x, y = 10, 20 do local z = 30 end local r = {} for n = 1, 10 do local name, v = debug.getlocal(1, n) if not name then break end r[#r + 1] = name .. '=' .. tostring(v):gsub('table: .*', 'table') end return table.concat(r, ' ') end
print(locals())
local function setl() local x = 1 print(debug.setlocal(1, 1, 99)) return x end
print(setl())
local up1, up2 = 'u1', 'u2'
local function ups() return up1, up2 end
print(debug.getupvalue(ups, 1))
print(debug.getupvalue(ups, 2))
print(debug.getupvalue(ups, 3))
print(debug.setupvalue(ups, 1, 'changed'), up1)
print(debug.getupvalue(print, 1))
local function lvl3() return debug.traceback('trace') end
local function lvl2() local r = lvl3() return r end function globalFn() local r = lvl2() return r end
print(globalFn())
print(debug.traceback('m', 2))
print(debug.traceback('plain'))
print(debug.traceback(nil) == nil, debug.traceback(5), type(debug.traceback({})), (debug.traceback()))
local obj = {} function obj:method() return debug.traceback('in method') end
print((obj:method()))
print(select(2, xpcall(function() local x = nil; x.y = 1 end, debug.traceback)))
print(select(2, xpcall(function() error('E') end, debug.traceback)))
print(select(2, xpcall(function() string.rep() end, debug.traceback)))
local function tail() return debug.traceback('tail') end
local function caller() return tail() end
print((caller()))
local co = coroutine.create(function(x) local y = x coroutine.yield(y) error('co') end) coroutine.resume(co, 5)
print(debug.traceback(co))
print(debug.traceback(co, 'msg'))
print(debug.traceback(co, nil) == nil, debug.getinfo(co, 1, 'l').currentline, debug.getlocal(co, 1, 1)) coroutine.resume(co)
print(debug.traceback(co))
local function rec(n) if n == 0 then return debug.traceback('deep') end local r = rec(n - 1) return r end
print(rec(30))
print(debug.getmetatable('').__index == string, debug.setmetatable(10, {__index = {half = function(n) return n / 2 end}}), (10):half()) debug.setmetatable(10, nil)
print(debug.getregistry() ~= nil, debug.gethook())
print(debug.getfenv(f) == _G, debug.setfenv(f, _G) == f)
print(debug.getinfo(-1, 'x').what, pcall(debug.getinfo, 1, 'x'))
print(debug.getinfo(-1, 'S').what, debug.getinfo(-2, 'S').short_src, next(debug.getinfo(-1, 'x')))
