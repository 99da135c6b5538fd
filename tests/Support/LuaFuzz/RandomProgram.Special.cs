// Statements that random composition would hardly ever make: the compat table arg, weak tables and finalizers, depth, tail calls, long lists.
using System.Globalization;

namespace Evalsha.Tests.Support.LuaFuzz;

internal sealed partial class RandomProgram
{
    private void Special() => Put(_random.Next(20) switch
    {
        0 => $"P((function(a, ...) return a, arg and arg.n, arg and arg[1] end)({List(3)}))",
        1 => $"local w = setmetatable({{}}, {{__mode = {Pick("'k'", "'v'", "'kv'")}}}) (function() w[{{}}] = 1 w[1] = {{}} w.s = 'str' w[2] = GT w[GT] = 1 end)() collectgarbage() collectgarbage() local c = 0 for _ in pairs(w) do c = c + 1 end P(c, w.s, w[1])",
        2 => "(function() local p = newproxy(true) getmetatable(p).__gc = function(u) P('gc', type(u)) end end)() collectgarbage() collectgarbage()",
        3 => $"P(#{{{string.Join(", ", Enumerable.Range(1, _random.Next(45, 120)).Select(i => i.ToString(CultureInfo.InvariantCulture)))}, GF({List(3)})}})",
        4 => $"local function r(n) tick() if n <= 0 then return {Fixed(0)} end return 1 + r(n - 1) end P(pcall(r, {_random.Next(30)}))",
        5 => $"local function f(n, ...) if n <= 0 then return select('#', ...), TS(debug.traceback()) end return f(n - 1, n, ...) end P(f({_random.Next(30)}))",
        6 => $"P(pcall(function() local function r() return {Pick("1 + r()", "(r())", "r(), 1")} end return r() end))",
        7 => "P(pcall(function() local function f(s) return (s:gsub('.', f)) end return f('x') end))",
        8 => $"local t = setmetatable({{}}, {{}}) getmetatable(t).__{Pick("index", "newindex")} = t P(pcall(function() {Pick("return t.x", "t.x = 1", "return t[1]", "t[1] = 2")} end))",
        9 => $"local i, t = 1, {{10, 20}} i, t[i], t[i + 1] = i + 1, {Number(0)}, {Number(0)} P(i, t)",
        10 => "P(0x10, 1e2, .5, 3., 0xA, 1e-2, [==[ ]] ]==], '\\65\\066\\n\\\\\\'\\x', \"a\\\nb\", 'q' --[[c]] , 1 --c\n)",
        11 => $"local fs = {{}} for i = 1, 5 do local j = i fs[i] = function() j = j + 1 return i, j end if i == {_random.Next(6)} then break end end for _, f in ipairs(fs) do f() P(f()) end",
        12 => $"local co co = coroutine.wrap(function(...) P(pcall(co)) for i = 1, 2 do P(coroutine.yield(...)) end error({Any(0)}) end) P(pcall(co, {List(2)})) P(pcall(co)) P(pcall(co, 1)) P(pcall(co)) P(pcall(co))",
        13 => $"P(pcall(string.rep, 'x', -1), pcall(setmetatable({{}}, {{__call = function(self, ...) return ... end}}), {List(2)}))",
        14 => $"local t = {{{List(3)}}} t[#t + 1] = {Any(0)} t[{_random.Next(1, 9)}] = nil t[{_random.Next(1, 9)}] = 5 P(#t, t) for i = 1, {_random.Next(20)} do t[i] = i end P(#t) for i = {_random.Next(20)}, {_random.Next(20)} do t[i] = nil end P(#t, next(t))",
        15 => $"local t = {{}} for i = 1, {_random.Next(12)} do t[K({Any(1)})] = i t['k' .. i * {_random.Next(9)}] = i t[i * {_random.Next(5)}] = i end for k in pairs(t) do if type(k) == 'number' and k % 2 == 0 then t[k] = nil end end P(t)",
        16 => $"local a, b, c = (GF({List(3)})) P(a, b, c) P((GF({List(2)})), GF({List(2)})) local t = {{GF(), GF({List(1)}), GF(1, 2)}} P(#t)",
        17 => $"local function deep(n) if n == 0 then error({Fixed(0)}, {_random.Next(4)}) end local ok, e = pcall(deep, n - 1) error(e, {_random.Next(3)}) end P(pcall(deep, {_random.Next(5)}))",
        18 => $"module('m{_random.Next(5)}'{Pick("", ", package.seeall")})",
        _ => $"P(pcall(function() local m = setmetatable({{}}, {{__lt = function(a, b) return {Fixed(0)} end, __eq = function() return {Fixed(0)} end}}) return m < m, m <= m, m == m, m == setmetatable({{}}, getmetatable(m)), m < {Any(0)} end))",
    });
}
