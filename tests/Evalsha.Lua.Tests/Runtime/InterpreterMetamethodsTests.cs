// Metamethods that are Lua functions, entered and left by the loop: every kind of result they may give, errors, yields and tail calls in
// them, and the limits of levels and stack, in both ways of running functions. How many levels there are is the host's: lua5.1 itself takes one.
namespace Evalsha.Lua.Tests.Runtime;

public class InterpreterMetamethodsTests
{
    public static TheoryData<LuaTier> Tiers => new(LuaTier.Interpreted, LuaTier.Compiled);

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Whatever_a_metamethod_returns_completes_the_instruction(LuaTier tier) => OurLua.ShouldPrintWhatPucPrints("""
        local results = {function() end, function() return end, function() return nil end, function() return 1, 2 end, function(...) return ... end,
          function(...) return select('#', ...) end, function(a, b) local function inner(x) return rawequal(x, b) end return inner(a) end,
          function(a, b, c, d, e) return tostring(d) .. tostring(e) end, function(a) return (function() return a ~= nil end)() end, function(...) return unpack({...}) end}
        for n, f in ipairs(results) do
          local mt = {__add = f, __sub = f, __mul = f, __div = f, __mod = f, __pow = f, __unm = f, __concat = f, __eq = f, __lt = f, __le = f, __index = f, __newindex = f, __call = f}
          local a, b = setmetatable({}, mt), setmetatable({}, mt)
          local function kind(v) return type(v) == 'table' and (v == nil or rawequal(v, a) and 'a' or rawequal(v, b) and 'b' or 'other') or tostring(v) end
          for i = 1, 2 do
            print(n, kind(a + b), kind(a - 1), kind(1 * b), kind(a / a), kind(a % b), kind(a ^ 2), kind(-a), kind(a .. b), kind(a .. 'x' .. b), kind(a.field), kind(a[1]), kind(a[b]))
            print(a == b, a ~= b, a < b, a <= b, a > b, a >= b, not (a < b), (select('#', a(1, 2, 3))), kind((a(1))), kind((a())))
            a.field = 1 a[1] = 2 a[b] = 3 print(rawget(a, 'field'), rawget(a, 1))
            local x = a + b if x then print('truthy') end
            if a < b then print('less') elseif a == b then print('equal') end
            local count = 0 repeat count = count + 1 until a == b or count == 3 while a < b and count < 6 do count = count + 1 end print(count)
            print(pcall(function() return kind(a:method()) end))
          end
        end
        """, tier);

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Errors_yields_and_limits_inside_a_metamethod_are_pucs(LuaTier tier) => OurLua.ShouldPrintWhatPucPrints("""
        local mt = {} local a, b = setmetatable({}, mt), setmetatable({}, mt)
        mt.__add = function(x, y) error('sum') end mt.__lt = function() return nil + 1 end mt.__index = function(t, k) return k.x.y end
        mt.__newindex = function() error({}) end mt.__eq = function() local t t.x = 1 end
        for i = 1, 2 do
          print(pcall(function() return a + b end)) print(pcall(function() return a < b end)) print(pcall(function() return a[1] end))
          print(type(select(2, pcall(function() a.x = 1 end)))) print(pcall(function() return a == b end)) print(pcall(function() return a <= b end))
          print(xpcall(function() return a + b end, function(m) return m .. '?' end))
        end
        mt.__add = coroutine.yield mt.__lt = function() coroutine.yield(1) end mt.__index = coroutine.yield
        for _, f in ipairs {function() return a + b end, function() return a < b end, function() return a.x end} do
          local co = coroutine.create(f) print(coroutine.resume(co)) print(coroutine.status(co))
        end
        local depth = 0
        mt.__add = function(x, y) depth = depth + 1 return x + y end print(pcall(function() return a + b end)) print(depth > 190) depth = 0
        mt.__index = function(t, k) depth = depth + 1 return t[k + 1] end print(pcall(function() return a[1] end)) print(depth > 190) depth = 0
        mt.__newindex = function(t, k, v) depth = depth + 1 t[k + 1] = v end print(pcall(function() a[1] = 1 end)) print(depth > 190) depth = 0
        mt.__lt = function(x, y) depth = depth + 1 return x < y end print(pcall(function() return a < b end)) print(depth > 190) depth = 0
        mt.__call = function(self, n) depth = depth + 1 if n == 0 then return 'end' end return self(n - 1) end print(a(10000), depth)
        mt.__call = setmetatable({}, {__call = 1}) print(pcall(a)) mt.__call = nil print(pcall(a, 1)) print(pcall(function() local v = a v() end))
        mt.__add = function(x, y) local function big(...) return select('#', ...) end return big(unpack({}, 1, 3000)) end print(a + b)
        local tail = function(x, y) return (type(x)) end mt.__add = function(x, y) return tail(x, y) end print(a + 1, 1 + a, 's' + a)
        """, tier);

    [Fact]
    public void A_loop_that_only_compares_by_a_metamethod_can_be_interrupted()
    {
        var state = new LuaState(new LuaOptions { Tier = LuaTier.Interpreted, Limits = new LuaLimits { MaxSteps = 10_000 } });
        var function = state.Load("local a = setmetatable({}, {__lt = function() return false end}) repeat until a < a"u8, "=test");
        state.TryCall(function, [], out Evalsha.Lua.Runtime.LuaValue _, out var error).ShouldBeFalse();
        error.Message.ShouldNotBeEmpty();
    }
}
