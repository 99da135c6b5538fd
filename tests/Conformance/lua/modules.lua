-- package, require and module: searchers, loops, errors of loading, dotted names. Modules are written beside os.tmpname().
for k, v in pairs(package) do print(k, type(v)) end
local names = {}
for k in pairs(_G) do if not ({bit=1,struct=1,cjson=1,cmsgpack=1})[k] then names[#names + 1] = k end end
table.sort(names) print(table.concat(names, ' '))
print(package.config)
package.path, package.cpath = './?.lua;/none/?/init.lua;', './?.so;/none/?.so'
print(pcall(require, 'nosuch'))
print(pcall(require, 'no.such'))
print(pcall(require)) print(pcall(require, {}))
print(pcall(module, 'string.x'))
local function m(...) module(...) x = 1 return _M, _NAME, _PACKAGE end
local t, n, p = m('a.b.c', package.seeall)
print(t == a.b.c, n, p, t.x, x) print(a.b.c.print == print)
print(pcall(m, 'print'))
print(pcall(m, 'print.x'))
package.preload.pre = function(...) print(...) return nil end
print(require 'pre', package.loaded.pre, require 'pre')
package.preload.pre2 = function(n) package.loaded[n] = 'set' end
print(require 'pre2')
package.preload.pre3 = function(n) return require 'pre3' end
print(pcall(require, 'pre3')) print(pcall(require, 'pre3'))
package.preload.pre4 = function(n) error 'boo' end
print(pcall(require, 'pre4')) print(pcall(require, 'pre4'))
for i, l in ipairs(package.loaders) do print(i, pcall(l, 'x.y')) end
print(pcall(package.loadlib)) print(pcall(package.loadlib, 'a')) 
print(pcall(package.seeall)) print(pcall(package.seeall, {}))
package.path = ';./?.lua;;./?.x'
print(pcall(require, 'qq.zz'))
local base = os.tmpname()
os.remove(base)
package.path = base .. '?.lua'
local function write(name) return io.open(base .. name, 'w') end
local f = write 'modx.lua' f:write('module(..., package.seeall) function hello() return _NAME end') f:close()
require 'modx' print(modx.hello(), package.loaded.modx == modx)
local f = write 'mody.lua' f:write('local x = = 1') f:close()
local function show(ok, e) print(ok, (tostring(e):gsub(base:gsub('%p', '%%%0'), 'BASE'))) end
show(pcall(require, 'mody'))
local f = write 'modz.lua' f:write('return ...') f:close()
show(pcall(require, 'modz'))
local f = write 'modw.lua' f:write('error("w")') f:close()
show(pcall(require, 'modw'))
for _, n in ipairs{'x', 'y', 'z', 'w'} do os.remove(base .. 'mod' .. n .. '.lua') end
for _, l in ipairs{'string', 'table', '_G', 'coroutine', 'debug', 'package', 'io', 'os', 'math'} do print(l, package.loaded[l] == (l == '_G' and _G or _G[l]), require(l) == package.loaded[l]) end
package.loaders = nil print(pcall(require, 'zzz'))
package.loaders = {function(n) return 'x' end, function() return 1 end, function() end} print(pcall(require, 'zzz'))
package.loaders = {function(n) return print end} print(require 'zzz')
package.path = nil
debug.getfenv(require).loaders = {function(n) return nil end} print(pcall(require, 'q1'))
setmetatable(package.loaded, {__index = function(t, k) return k .. '!' end}) print(require 'q2')
print(debug.getfenv(require) == package, debug.getfenv(module) == package, debug.getfenv(package.loadlib) == package)
