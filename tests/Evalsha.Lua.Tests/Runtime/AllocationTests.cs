// What must not allocate once warm: calls, varargs, several results, traversals, caught errors that carry no new text, resumes and yields.
using System.Text;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Tests.Runtime;

public class AllocationTests
{
    [Theory]
    [InlineData("calls", "local function f(a, b) return a + b end local s = 0 for i = 1, 1000 do s = f(s, i) end return s")]
    [InlineData("recursion", "local function f(n) if n < 2 then return n end return f(n - 1) + f(n - 2) end return f(12)")]
    [InlineData("varargs", "local function f(...) return select('#', ...) end local s = 0 for i = 1, 1000 do s = s + f(i, i, i) end return s")]
    [InlineData("passing varargs on", "local function g(...) return ... end local s = 0 for i = 1, 1000 do local a, b, c = g(1, 2, 3) s = s + c end return s")]
    [InlineData("several results", "local function f(i) return i, i + 1, i + 2 end local s = 0 for i = 1, 1000 do local a, b, c = f(i) s = s + a + c end return s")]
    [InlineData("pairs", "local s = 0 for i = 1, 100 do for k, v in pairs(data) do s = s + v end end return s")]
    [InlineData("ipairs", "local s = 0 for i = 1, 100 do for k, v in ipairs(data) do s = s + v end end return s")]
    [InlineData("next", "local s = 0 for i = 1, 100 do local k, v = next(data) while k do s = s + v k, v = next(data, k) end end return s")]
    [InlineData("caught errors", "local function f() error(data) end local n = 0 for i = 1, 500 do if not pcall(f) then n = n + 1 end end return n")]
    [InlineData("caught errors with a handler", "local function f() error(data) end local function h(e) return e end local n = 0 for i = 1, 500 do if not xpcall(f, h) then n = n + 1 end end return n")]
    [InlineData("fields and methods", "local o = object for i = 1, 1000 do o:add(i) end return o.total")]
    [InlineData("metamethods", "local s = 0 for i = 1, 500 do s = s + (vector + i) + vector.anything end return s")]
    [InlineData("select among varargs", "local function f(...) local s = 0 for i = 1, select('#', ...) do s = s + select(i, ...) end return s end local s = 0 for i = 1, 300 do s = s + f(1, 2, 3, 4) end return s")]
    [InlineData("comparisons and stores by metamethods", "local n = 0 for i = 1, 500 do vector.field = i if vector < other or vector == other then n = n + 1 end end return n")]
    [InlineData("methods of strings", "local s, n = 'hello world', 0 for i = 1, 500 do n = n + s:byte(i % 11 + 1) + s:find('%S', 3) + s:find('wor', 1, true) + #s:sub(2, 4) end return n")]
    [InlineData("comparing strings", "local a, b, n = 'abc', 'abd', 0 for i = 1, 500 do if a < b and b >= a then n = n + 1 end end return n")]
    [InlineData("tail calls", "local function f(n) if n == 0 then return 0 end return f(n - 1) end return f(1000)")]
    [InlineData("coroutines", "for i = 1, 500 do resume(generator) end return 1")]
    [InlineData("short strings seen before", "local n = 0 for i = 1, 500 do local s = 'key' .. (i % 10) n = n + #s end return n")]
    [InlineData("sort with a comparator", "for i = 1, 20 do table.sort(data, less) end return data[1]")]
    public void Allocates_nothing_once_warm(string what, string program)
    {
        what.ShouldNotBeEmpty();
        foreach (var tier in (LuaTier[])[LuaTier.Interpreted, LuaTier.Automatic, LuaTier.Compiled]) AllocatesNothing(program, new LuaOptions { Tier = tier });
    }

    static void AllocatesNothing(string program, LuaOptions options)
    {
        var state = new LuaState(options);
        state.Call(state.Load(Encoding.Latin1.GetBytes("""
            data = {5, 3, 1, 4, 2, x = 6, y = 7}
            function less(a, b) return a < b end
            local class = {total = 0} class.__index = class function class:add(n) self.total = self.total + n return self end object = setmetatable({total = 0}, class)
            vector = setmetatable({}, {__add = function(a, b) return b end, __index = function(t, k) return 1 end, __newindex = function(t, k, v) end, __lt = function(a, b) return false end, __eq = function(a, b) return false end}) other = setmetatable({}, getmetatable(vector))
            resume = coroutine.resume generator = coroutine.create(function() while true do coroutine.yield(1, 2) end end)
            """), "=prepare"));
        // The program itself makes closures and a few tables: it is made once and its inner work repeated.
        var function = (LuaClosure)state.Call(state.Load(Encoding.Latin1.GetBytes($"return function() {program} end"), "=program"))[0].AsFunction;
        // Whatever one call makes (its closures), twenty more make twenty times that; the loops inside must add nothing. What is hot is compiled at
        // some time or other, which allocates once: so the best of several times counts.
        var perCall = long.MaxValue;
        for (var time = 0; time < 5 && perCall >= 400; time++)
        {
            var small = Measure(state, function, 1);
            perCall = (Measure(state, function, 21) - small) / 20;
        }
        perCall.ShouldBeLessThan(400, options.Tier.ToString());
    }

    static long Measure(LuaState state, LuaClosure function, int calls)
    {
        for (var i = 0; i < 100; i++) state.TryCall(function, [], out LuaValue _, out var _).ShouldBeTrue();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < calls; i++)
        {
            if (!state.TryCall(function, [], out LuaValue _, out var error)) throw new InvalidOperationException(error.Message);
        }
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
