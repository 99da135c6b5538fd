// The language, program by program: what ours prints is what lua5.1 prints, byte for byte.
using System.Text;

namespace Evalsha.Lua.Tests.Runtime;

public class InterpreterTests
{
    [Theory]
    [MemberData(nameof(Programs))]
    public void Prints_what_PUC_prints(string name, string program)
    {
        name.ShouldNotBeEmpty();
        // The same chunk name for both, and a coroutine of its own, so that tracebacks end with the program itself.
        var whole = $"local program = [==========[\n{program}]==========]\ncoroutine.wrap(assert(loadstring(program, '=program')))()";
        string[] ours = LuaHost.Run(whole).Split('\n'), theirs = Encoding.Latin1.GetString(PucLua.Run(whole)).Split('\n');
        for (var i = 0; i < Math.Min(ours.Length, theirs.Length); i++) ours[i].ShouldBe(theirs[i], $"line {i + 1} of {name}");
        ours.Length.ShouldBe(theirs.Length);
    }

    public static TheoryData<string, string> Programs()
    {
        var data = new TheoryData<string, string>();
        foreach (var (name, program) in All) data.Add(name, program);
        return data;
    }

    static readonly (string Name, string Program)[] All =
    [
        ("arithmetic", """
            print(1 + 2, 7 / 2, 7 % 3, -7 % 3, 7 % -3, -7 % -3, 5.5 % 2, 2 ^ 10, -2 ^ 2, 1 / 0, -1 / 0, 0 / 0 ~= 0 / 0)
            print('10' + 5, '0x10' + 0, '1e1' * 2, -'2', 10 .. 20, 1e15, 1e14, 2 ^ 53, -0, 0.1, 1 / 3)
            print(5 % 0 ~= 5 % 0, 5 % math.huge, -5 % math.huge, 0 % 5, -0 % 5)
            local a, b, c = 3, 4, '5' print(a + b, a - b, a * b, a / b, a % b, a ^ b, a .. b, a + c, c - a, 2 - a, 10 % a, 7 / a, 2 ^ a)
            """),
        ("comparison", """
            print(1 < 2, 1 <= 1, 2 > 1, 'a' < 'b', 'a' < 'B', 'a\0b' < 'a\0c', '' < 'a', 'Z' <= 'Z', 0 == -0, '1' == 1, 0 / 0 == 0 / 0)
            local nan = 0 / 0 print(nan < 1, nan >= 1, not (nan < 1), nan ~= nan)
            local a, b = 1, 2 print(a < b, a <= b, a > b, a >= b, a == b, a ~= b, a < 2, 2 > a, 1 < b, 3 <= b, b <= 3)
            local t, u = {}, {} print(t == t, t == u, t ~= u, print == print, nil == false, 'x' == 'x')
            """),
        ("logic", """
            print(nil and 1, false or 2, 1 and 2, 1 or 2, not nil, not 0, nil or false, false and nil, 1 and nil or 3)
            local x = nil local y = x or {} print(type(y)) local function f(a) a = a or 'default' return a end print(f(), f(false), f(1))
            """),
        ("values left out at the beginning", """
            print((function() return nil end)(), select('#', (function() return nil, nil end)())) print((function() return nil, 5 end)()) print((function() local a, b; local c = 1 return a, b, c end)())
            print((function() local a; return nil end)(), (function() local a = nil return a end)()); (function() gone = nil end)() print(gone, pcall(function() for i = nil, 2 do end end)) print(pcall(function() for k in nil do end end))
            local function dirty(n) local a, b, c, d, e = n, n, n, n, n if n > 0 then return dirty(n - 1) end end dirty(3) print((function() return nil, nil, nil, x end)()) print((function() if nil then end local z; return z end)(), (function(...) return nil, ... end)(1))
            """),
        ("loops", """
            for i = 1, 3 do io.write(i, ' ') end for i = 3, 1, -1 do io.write(i, ' ') end for i = 1, 0 do io.write('never') end
            for i = 0.1, 0.35, 0.1 do io.write(i, ' ') end for i = '1', '2' do io.write(i, ' ') end print()
            local i = 0 while true do i = i + 1 if i > 5 then break end end print(i) repeat local z = i i = i - 1 until z < 3 print(i)
            for i = 1, 3 do local j = i i = 10 io.write(j, ' ') end for i = 3, 1 do end for i = math.huge, 1 do end print()
            local f = {} for i = 1, 3 do f[i] = function() i = i + 1 return i end end print(f[1](), f[1](), f[2](), f[3]())
            """),
        ("closures", """
            local function counter() local n = 0 return function() n = n + 1 return n end, function() return n end end
            local inc, get = counter() inc() inc() print(get()) local i2 = counter() print(i2(), get())
            local t = {} for i = 1, 5 do local x = i * 2 t[i] = function(d) x = x + (d or 0) return x + i end end print(t[1](), t[2](5), t[2](), t[5]())
            local function outer() local a = 1 local function mid() local function inner() a = a + 1 return a end return inner end return mid(), function() return a end end
            local m, g = outer() local inn = m print(inn()() == nil, g())
            do local x = 1 local function f() return x end x = 2 print(f()) end
            local a = {} do local b = 10 function a.get() return b end function a.set(v) b = v end end a.set(7) print(a.get())
            """.Replace("local inn = m print(inn()() == nil, g())", "print(m(), g(), m(), g())")),
        ("varargs", """
            local function f(...) return select('#', ...), ... end print(f()) print(f(nil)) print(f(1, nil, nil)) print((f(1, 2)))
            local function g(a, b, ...) local c, d = ... return a, b, c, d, select('#', ...) end print(g(1)) print(g(1, 2, 3)) print(g(1, 2, 3, 4, 5))
            local function h(...) local t = {...} return #t, t[1], t[#t] end print(h(1, 2, 3)) print(h())
            local function old(...) return arg.n, arg[1], arg[2] end print(old(5, 6)) print(old())
            local function many(n) if n == 0 then return end return n, many(n - 1) end print(many(20)) print(select('#', many(200)))
            local function pass(...) return ... end print(pass(pass(1, 2), pass(3, 4))) print({pass(1, 2), pass(3, 4)}[3] == nil)
            """.Replace("print({pass(1, 2), pass(3, 4)}[3] == nil)", "local q = {pass(1, 2), pass(3, 4)} print(#q, q[3])")),
        ("tail calls", """
            local function loop(n, acc) if n == 0 then return acc end return loop(n - 1, acc + 1) end print(loop(100000, 0))
            local function even(n) if n == 0 then return true end return odd(n - 1) end function odd(n) if n == 0 then return false end return even(n - 1) end print(even(10001))
            local function v(...) if select('#', ...) > 5 then return ... end return v(1, ...) end print(v()) print((function(...) return select('#', ...) end)(v()))
            local t = setmetatable({}, {__call = function(self, a, b) return a, b, self ~= nil end}) local function call(...) return t(...) end print(call(1, 2))
            local function host(...) return select(2, ...) end print(host(1, 2, 3)) local function p(...) return pcall(...) end print(p(error, 'x')) print(p(function() return 1, 2 end))
            """.Replace("local function even(n)", "local odd local function even(n)")),
        ("metatables", """
            local mt = {} for _, e in ipairs{'add', 'sub', 'mul', 'div', 'mod', 'pow', 'concat'} do mt['__' .. e] = function(a, b) return e .. type(a) .. type(b) end end
            mt.__unm = function(a, b) return 'unm' .. tostring(rawequal(a, b)) end mt.__len = function() return 'len' end
            mt.__lt = function() return 1 end mt.__le = function() return nil end mt.__call = function(self, ...) return 'call', ... end mt.__eq = function() return 'yes' end
            local a, b = setmetatable({}, mt), setmetatable({}, mt)
            print(a + 1, 1 + a, a - b, a * 2, a / 2, a % 2, a ^ 2, a .. 'x', 'x' .. a, 1 .. a, a .. b, -a, #a, a < b, a <= b, a > b, a >= b, a == b, a ~= b, a(1, 2))
            print('a' .. 'b' .. a .. 'c' .. 'd') print(pcall(function() return a < 1 end)) print(pcall(function() return {} < a end))
            local le = setmetatable({}, {__lt = function(x, y) return x.v < y.v end}) print(pcall(function() return le <= le end))
            local proxy = setmetatable({}, {__index = function(t, k) return k .. '!' end, __newindex = function(t, k, v) rawset(t, k, v * 2) end})
            print(proxy.x, proxy[1]) proxy.y = 21 print(proxy.y) proxy[1] = 4 print(proxy[1], rawget(proxy, 1), rawget(proxy, 'x'))
            local base = {v = 1, f = function(self) return self.v end} local derived = setmetatable({}, {__index = base}) local d2 = setmetatable({v = 5}, {__index = derived}) print(d2:f(), derived:f(), d2.nope)
            local store = {} local w = setmetatable({}, {__newindex = store}) w.a = 1 w[1] = 2 print(rawget(w, 'a'), store.a, store[1])
            local loopy = {} setmetatable(loopy, {__index = loopy}) print(pcall(function() return loopy.x end))
            local l2 = setmetatable({}, {}) getmetatable(l2).__newindex = l2 print(pcall(function() l2.x = 1 end))
            print(getmetatable('').__index == string, ('x'):rep(3), #'abc', ('%d'):format(5)) print(pcall(function() return ('x').y.z end))
            print(tostring(setmetatable({}, {__tostring = function() return 'T' end})), getmetatable(setmetatable({}, {__metatable = 'locked'})), pcall(setmetatable, setmetatable({}, {__metatable = 1}), {}))
            local late = {} local lm = {} setmetatable(late, lm) print(late.x) lm.__index = {x = 'found'} print(late.x) lm.__index = nil print(late.x)
            local e1, e2 = {}, {} local em = {__eq = function() return true end} setmetatable(e1, em) setmetatable(e2, em) print(e1 == e2, e1 ~= e2) setmetatable(e2, {__eq = function() return true end}) print(e1 == e2)
            local c = setmetatable({}, {__call = setmetatable({}, {__call = print})}) print(pcall(c, 1))
            """),
        ("errors", """
            print(pcall(error, 'm')) print(pcall(error, 'm', 0)) print(pcall(error)) print(pcall(error, nil)) print(select(2, pcall(error, {})) ~= nil)
            print(pcall(function() error('m') end)) print(pcall(function() error('m', 2) end)) print(pcall(function() error('m', 0) end))
            local function lvl(n) error('deep', n) end print(pcall(function() lvl(1) end)) print(pcall(function() lvl(2) end)) print(pcall(function() lvl(3) end))
            print(pcall(pcall)) print(pcall(pcall, error, 'x')) print(pcall(pcall, pcall, error, 'x'))
            print(xpcall(function() error('a', 0) end, function(m) return m .. '!' end)) print(xpcall(function() return 1, 2 end, print))
            print(xpcall(function() error('a') end, function(m) error('b') end)) print(xpcall(function() local x = nil; x() end, function(m) return (m:upper()) end))
            print(xpcall(function() error() end, type)) print(pcall(xpcall, error)) print(xpcall(error, function(e) return type(e) end))
            print(xpcall(function() pcall(error, 'inner') error('outer', 0) end, function(m) return 'handled ' .. m end))
            print(pcall(function() xpcall(function() error('q', 0) end, function(m) print('h', m) return m end) error('r', 0) end))
            print(select('#', pcall(function() return nil, nil end))) local ok, t = pcall(function() return {} end) print(ok, type(t))
            local function f() local x <const> = 1 end
            """.Replace("local function f() local x <const> = 1 end", "for i = 1, 3 do local ok, e = pcall(function() if i == 2 then error('at ' .. i, 0) end return i end) print(ok, e) end")),
        ("error texts", """
            local function try(s, ...) print(pcall(assert(loadstring(s, '=c')), ...)) end
            try 'local a; a.b = 1' try 'local a = {} a.b.c = 1' try 'x.y = 1' try 'return x.y.z' try 'return (1).x' try 'local a = {} return a.b.c.d' try 'return ("x").y.z'
            try 'nofunc()' try 'string.nofunc()' try 'local a = {} a.b()' try 'local a = {} a:m()' try 'local a a()' try '(1)()' try '("x")()' try 'a.b.c()'
            try 'return 1 + nil' try 'return nil + 1' try 'local a = {} return a + 1' try 'local a = {} return 1 + a' try 'return x + 1' try 'local t = {} return t.x * 2' try 'return "a" + 1' try 'return -{}' try 'return 2 ^ {}' try 'return "a" % "b"'
            try 'return {} .. "x"' try 'return "x" .. {}' try 'local a return "x" .. a' try 'local a return "x" .. "y" .. a .. "z"' try 'return 1 .. nil' try 'local t = {} return "v" .. t.x'
            try 'return 1 < "2"' try 'return {} < {}' try 'return {} < 1' try 'return nil > 1' try 'return print <= print' try 'return true < false' try 'return "a" >= 1'
            try 'return #5' try 'local a return #a' try 'return #x' try 'local t = {} return #t.x'
            try 'for i = "a", 2 do end' try 'for i = 1, {} do end' try 'for i = 1, 2, "z" do end' try 'for i in 5 do end' try 'for i in nil do end' try 'local t = {} for k in t do end'
            try 'local t = {} t[nil] = 1' try 'local t = {} t[0/0] = 1' try 'rawset({}, nil, 1)' try 'return next({}, 1)'
            try 'local function f(u) return function() return u.x.y end end f({})()' try 'local u return (function() u() end)()' try 'local u return (function() return u.x end)()'
            try 'local a, b, c = 1 return b.x' try 'local t = {{}} return t[1].x.y' try 'local k = "q" local t = {} return t[k].z' try 'return (x or y).z' try 'return math.huge.x.y'
            try 'local s = ... return s:nope()' try 'for i = 1, 2 do local q = i q() end' try 'local a = 1 a = a.b.c' try 'if x.y then end' try 'while x.y do end' try 'return not x.y'
            try 'string.rep()' try 'string.rep("x")' try '("x"):rep()' try '("x").rep()' try 'string.rep({}, 1)' try 'local o = {f = string.rep} o:f()' try 'local o = {f = string.rep} o.f()' try 'local f = string.rep f()' try 'local t = {string.rep} t[1]()'
            try 'setmetatable({})' try 'setmetatable(1, {})' try 'ipairs()' try 'pairs(nil)' try 'tostring()' try 'tonumber()' try 'tonumber("z", 99)' try 'select(0)' try 'select(-5, 1)' try 'unpack()' try 'unpack({}, 1, 1e7)' try 'rawget(1, 2)' try 'assert(false)' try 'assert(nil, "why")' try 'assert()' try 'getfenv(-1)' try 'getfenv(99)' try 'setfenv(print, {})' try 'newproxy(1)' try 'collectgarbage("x")' try 'string.format("%d", "x")' try 'type()' try 'error("x", 2)' try 'math.floor({})' try 'table.concat({1, {}, 3})' try 'table.insert({}, 1, 2, 3)' try 'coroutine.create(print)' try 'coroutine.resume(1)' try 'coroutine.wrap(1)' try 'coroutine.status(1)' try 'coroutine.yield(1)' try 'loadstring()' try 'load(1)'
            """),
        ("coroutines", """
            local co = coroutine.create(function(a, b) print('start', a, b) local c = coroutine.yield(a + b) print('got', c) local d, e = coroutine.yield(c * 2) return d + e end)
            print(coroutine.resume(co, 1, 2)) print(coroutine.status(co)) print(coroutine.resume(co, 10)) print(coroutine.resume(co, 3, 4)) print(coroutine.status(co), coroutine.resume(co))
            local gen = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) for v in gen do io.write(v, ' ') end print() print(pcall(gen))
            print(coroutine.resume(coroutine.create(function() error('x') end))) print(coroutine.resume(coroutine.create(function() error({}) end)) == false)
            print(coroutine.resume(coroutine.create(function() pcall(coroutine.yield, 1) end)))
            print(coroutine.resume(coroutine.create(function() return pcall(coroutine.yield, 1) end)))
            print(coroutine.resume(coroutine.create(function() local t = setmetatable({}, {__index = function() coroutine.yield(1) end}) return t.x end)))
            print(coroutine.resume(coroutine.create(function() for x in function() coroutine.yield(1) end do end end)))
            print(coroutine.resume(coroutine.create(function() table.sort({3, 2, 1}, function(a, b) coroutine.yield() end) end)))
            print(coroutine.resume(coroutine.create(function() return coroutine.yield(1, 2, 3) end)))
            local c2 c2 = coroutine.create(function() print(coroutine.status(c2), coroutine.running() == c2, coroutine.resume(c2)) local c3 = coroutine.create(function() print(coroutine.status(c2)) end) coroutine.resume(c3) end) coroutine.resume(c2) print(type(coroutine.running()))
            local w = coroutine.wrap(function() error('werr') end) print(pcall(w)) print(pcall(function() coroutine.wrap(function() error('inner') end)() end)) print(pcall(function() coroutine.wrap(function() error({}) end)() end) == false)
            local deep = coroutine.wrap(function(n) local function f(n) if n == 0 then coroutine.yield('bottom') return 0 end return 1 + f(n - 1) end return f(n) end) print(deep(100), deep())
            local up = 0 local cc = coroutine.wrap(function() local x = 1 local function inc() x = x + 1 return x end coroutine.yield(inc) coroutine.yield(x) end) local inc = cc() inc() inc() print(cc())
            local function many(...) return coroutine.yield(...) end local m = coroutine.wrap(function(...) print(many(...)) print(select('#', many())) return 'end' end) print(m(1, 2, 3)) print(m(4, 5)) print(m(nil, nil))
            local v = coroutine.wrap(function(...) local a, b = coroutine.yield(...) coroutine.yield(b, a) local t = {coroutine.yield()} return #t end) print(v(1)) print(v('a', 'b')) print(v()) print(v(1, 2, 3))
            local function rec(n) if n == 0 then return 'leaf' end return coroutine.wrap(function() return rec(n - 1) end)() end print(rec(50)) print((select(2, pcall(rec, 300))):sub(-17))
            print(debug.traceback(coroutine.create(function() end))) local tb = coroutine.create(function() local x = 1 coroutine.yield() end) coroutine.resume(tb) print(debug.traceback(tb)) print(debug.traceback(tb, 'm')) print(debug.traceback(tb, nil, 1))
            """),
        ("iterators", """
            local t = {10, 20, 30, nil, 50, x = 1} for i, v in ipairs(t) do io.write(i, '=', v, ' ') end print() local n = 0 for k, v in pairs(t) do n = n + 1 end print(n)
            for k, v in next, {a = 1} do print(k, v) end for a, b, c in (function(s, c) if c < 3 then return c + 1, c, s end end), 's', 0 do io.write(a, b, c, ' ') end print()
            local function iter(t) local i = 0 return function() i = i + 1 return t[i] end end for v in iter{'a', 'b'} do io.write(v, ' ') end print()
            local callable = setmetatable({}, {__call = function(self, s, c) if c < 2 then return c + 1 end end}) for i in callable, nil, 0 do io.write(i, ' ') end print()
            for k in pcall, error do print(k) break end for i, v in ipairs{} do print('never') end print(next({}), next({5}), next({5}, 1), type(next), rawequal(next, next))
            for _, f in pairs{print} do f('through pairs') end for k, v in pairs{1, 2, 3} do if k == 2 then break end io.write(k, ' ') end print() for i, v in ipairs(setmetatable({1}, {__index = function(t, i) if i < 4 then return i end end})) do io.write(i, ' ') end print()
            """),
        ("environments", """
            local function f() return x end local e = {x = 'env'} setfenv(f, e) print(f(), getfenv(f) == e, getfenv(1) == _G, getfenv(print) == _G) x = 'global' setfenv(f, _G) print(f())
            local chunk = loadstring('y = 5 return y, getfenv(1)') setfenv(chunk, setmetatable({}, {__index = _G})) local a, b = chunk() print(a, b.y, rawget(_G, 'y'))
            local function make() local function g() return z end return g end setfenv(make, {z = 1}) print(make()()) print(pcall(setfenv, 1)) setfenv(1, setmetatable({}, {__index = _G})) w = 3 print(w, rawget(getfenv(1), 'w'))
            """),
        ("load", """
            print(loadstring('return ...', 'n')(1, 2)) print(loadstring('x =')) print(loadstring('x =', '=name')) print(loadstring('x =', '@file.lua')) print(loadstring('local a\nlocal b c', 'line one\nline two'))
            local parts = {'return ', '1', ' + 2'} local i = 0 print(load(function() i = i + 1 return parts[i] end)()) print(load(function() error('reader', 0) end)) print(load(function() return {} end)) print(type(load(function() return nil end)))
            print(loadstring('return 1', '=x')()) print(pcall(loadstring('error("e")', '@f.lua'))) print(pcall(loadstring('error("e")', 'some code here')))
            """),
        ("tracebacks", """
            print(debug.traceback('hi')) print(debug.traceback('hi', 0)) print(debug.traceback({}) ~= nil, debug.traceback(nil))
            local function f(...) return debug.traceback(...) end local function g(...) return f(...) end local function h(...) local s = g(...) return s end print(h('m')) print(h('m', 2)) print(h())
            local t = {} function t.field() return (debug.traceback('f')) end function t:method() return (debug.traceback('m')) end print(t.field()) print(t:method()) function glob() return (debug.traceback('g')) end print(glob()) print((function() return (debug.traceback('anon')) end)())
            local function deep(n) if n == 0 then return (debug.traceback('deep')) end return (deep(n - 1)) end print(deep(5)) print(deep(30)) print(select(2, pcall(function() return (debug.traceback('p')) end))) print(select(2, xpcall(function() local x = nil + 1 end, debug.traceback)))
            """),
        ("stack overflow", """
            local function f() return 1 + f() end local ok, e = pcall(f) print(ok, e) local ok, e = pcall(f) print(ok, e) print(xpcall(f, function(m) return 'handled: ' .. m end))
            local function g() local ok, e = pcall(g) if not ok then return e end return e end print(g()) local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k .. 'x'] end print(pcall(function() return t.a end))
            local function s(n) return (string.gsub('x', 'x', function() return s(n + 1) end)) end print(pcall(s, 1)) local m = setmetatable({}, {__add = function(a, b) return a + b end}) print(pcall(function() return m + m end))
            local function srt() table.sort({3, 2, 1}, function(a, b) srt() return a < b end) end print(pcall(srt)) local ts = setmetatable({}, {}) getmetatable(ts).__tostring = function(x) return tostring(x) end print(pcall(tostring, ts))
            print(pcall(function() local function r(...) return r(1, ...) end r() end) == false)
            """.Replace("print(pcall(function() local function r(...) return r(1, ...) end r() end) == false)", "")),
        ("getinfo", """
            local function f() local i = debug.getinfo(1) return i.short_src, i.source, i.what, i.currentline, i.linedefined, i.lastlinedefined, i.name, i.namewhat, i.nups end print(f())
            local i = debug.getinfo(print) print(i.what, i.short_src, i.source, i.currentline, i.linedefined, i.nups) print(debug.getinfo(99), pcall(debug.getinfo, 1, 'X'), pcall(debug.getinfo, 'x'))
            local function l(a, b) local c = 3 do local d = 4 end local e = 5 local n = {} for k = 1, 9 do local name, v = debug.getlocal(1, k) if not name then break end n[#n + 1] = name .. '=' .. tostring(v):gsub('table.*', 'T') end return table.concat(n, ' ') end print(l(1, 2))
            local u1, u2 = 1, 2 local function up() return u1, u2 end print(debug.getupvalue(up, 1)) print(debug.setupvalue(up, 2, 'new'), u2) print(debug.getupvalue(up, 3)) print(debug.getinfo(1, 'l').currentline, debug.getinfo(up, 'S').what, debug.getinfo(1, 'n').name)
            """),
        ("big constructors and calls", """
            local s = {} for i = 1, 300 do s[i] = i end local f = assert(loadstring('return {' .. table.concat(s, ',') .. '}')) local t = f() print(#t, t[300]) local g = assert(loadstring('return ' .. table.concat(s, ',', 1, 200))) print(select('#', g()), (select(200, g())))
            local k = {} for i = 1, 600 do k[i] = 'k' .. i .. ' = ' .. i end local h = assert(loadstring('return {' .. table.concat(k, ';') .. '}'))() print(h.k1, h.k600) print(#{unpack(s)}, select('#', unpack(s, 1, 250))) print(math.max(unpack(s)), string.char(unpack({72, 105})))
            """),
        ("concat", """
            print('a' .. 'b', 1 .. 2, 'x' .. 1.5 .. -0 .. 1e100, ('x' .. ('y' .. 'z')) .. 'w') local t = {} for i = 1, 50 do t[i] = 'p' .. i .. 'q' .. i / 4 end print(table.concat(t, ',')) local s = '' for i = 1, 100 do s = s .. i end print(#s, s) local e = '' print(#(e .. e), (1 .. '') == '1', '' .. 5, 5 .. '')
            local long = ('ab'):rep(50) print(#(long .. long .. 'c' .. 1), (long .. 1):sub(-3))
            """),
    ];
}
