// No program ends the process: depths, steps, time and memory, all of them in a thread with a stack of 512 KB.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Tests.Runtime;

public class LimitsTests
{
    static readonly LuaOptions Small = new() { Limits = new LuaLimits { MaxLiveBytes = 32 << 20 } };

    [Fact]
    public void Ten_gigabytes_of_garbage_pass_through_a_small_limit()
    {
        LuaHost.Value("local keep, rep = {}, string.rep for i = 1, 170000 do keep[i % 10] = rep('x', 60000) end return #keep[1]", Small).AsNumber.ShouldBe(60000);
    }

    [Fact]
    public void Small_garbage_passes_too()
    {
        LuaHost.Value("local keep for i = 1, 3e6 do keep = {i, {i}} end return keep[1]", Small).AsNumber.ShouldBe(3e6);
    }

    [Theory]
    [InlineData("local t = {} for i = 1, 1e9 do t[i] = {} end")]
    [InlineData("local t = {} for i = 1, 1e9 do t[i] = i .. 'string' end")]
    [InlineData("local t = {} for i = 1, 1e9 do t['k' .. i] = i end")]
    [InlineData("local s = 'x' while true do s = s .. s end")]
    [InlineData("local t = {} while true do t[#t + 1] = string.rep('x', 1e6) end")]
    [InlineData("local t = {} while true do t[#t + 1] = {unpack({}, 1, 7000)} end")]
    [InlineData("local t = {} while true do t[#t + 1] = coroutine.create(function() end) end")]
    [InlineData("local t = {} while true do local a = #t t[a + 1] = function() return a end end")]
    [InlineData("local function f(t) return f({t}) end f()")]
    public void A_memory_bomb_ends_as_not_enough_memory(string program)
    {
        var error = LuaHost.Error(program, Small);
        error.Message.ShouldBe("not enough memory");
        error.Kind.ShouldBe(LuaErrorKind.Memory);
    }

    [Fact]
    public void Running_out_of_memory_can_be_caught_and_gone_on_from()
    {
        LuaHost.Value("local ok, e = pcall(function() local t = {} for i = 1, 1e9 do t[i] = {} end end) return e .. #string.rep('y', 10)", Small)
            .AsString.ToString().ShouldBe("not enough memory10");
    }

    [Fact]
    public void A_program_that_catches_every_memory_error_is_ended()
    {
        var error = LuaHost.Error("local t = {} while true do pcall(function() for i = 1, 1e9 do t[#t + 1] = {} end end) end", Small);
        error.Message.ShouldBe("not enough memory");
        error.Kind.ShouldBe(LuaErrorKind.Killed);
    }

    [Fact]
    public void Overwritten_values_do_not_pile_up_behind_numbers()
    {
        // 2,000 MB would be held if a slot kept the string that a number took the place of.
        LuaHost.Value("local t = {} for i = 1, 2000 do t[i] = string.rep('x', 1e6) t[i] = i end return #t", Small).AsNumber.ShouldBe(2000);
    }

    [Theory]
    [InlineData("while true do end")]
    [InlineData("local function f() return f() end f()")]
    [InlineData("for i = 1, 1e18 do end")]
    [InlineData("repeat until false")]
    [InlineData("while true do pcall(function() while true do end end) end")]
    [InlineData("local co = coroutine.wrap(function() while true do end end) co()")]
    [InlineData("local function f() pcall(f) pcall(f) end while true do f() end")]
    [InlineData("for k in function() return 1 end do end")]
    [InlineData("local t = {1} while true do for k in pairs(t) do end end")]
    [InlineData("table.sort({3, 2, 1}, function() while true do end end)")]
    [InlineData("setmetatable({}, {__index = function() while true do end end}).x = nil; return setmetatable({}, {__index = function() while true do end end}).x")]
    [InlineData("while true do xpcall(error, function() while true do end end) end")]
    public void A_program_without_end_uses_up_its_steps(string program)
    {
        var error = LuaHost.Error(program, new LuaOptions { Limits = new LuaLimits { MaxSteps = 2_000_000 } });
        error.Kind.ShouldBe(LuaErrorKind.StepLimit);
    }

    [Fact]
    public void A_kill_is_seen_by_one_pcall_and_not_by_a_loop_of_them()
    {
        var state = new LuaState { InterruptHook = _ => LuaInterrupt.Kill(LuaValue.FromText("killed")) };
        var once = state.Load("local ok, e = pcall(function() while true do end end) return e"u8, "=once");
        state.Call(once)[0].AsString.ToString().ShouldBe("killed");
        var forever = state.Load("while true do pcall(function() while true do end end) end"u8, "=forever");
        state.TryCall(forever, [], out LuaValue _, out var error).ShouldBeFalse();
        error.Kind.ShouldBe(LuaErrorKind.Killed);
        error.Message.ShouldBe("killed");
    }

    [Fact]
    public void The_hook_may_raise_an_ordinary_error_and_the_program_goes_on()
    {
        var calls = 0;
        var state = new LuaState { InterruptHook = _ => ++calls == 3 ? LuaInterrupt.Raise(LuaValue.FromText("look")) : LuaInterrupt.Continue };
        var function = state.Load("local ok, e = pcall(function() while true do end end) local n = 0 for i = 1, 1e6 do n = n + 1 end return e .. n"u8, "=program");
        state.Call(function)[0].AsString.ToString().ShouldBe("look1000000");
        calls.ShouldBeGreaterThan(10);
    }

    [Fact]
    public void A_state_is_whole_after_it_ran_into_a_limit()
    {
        var state = new LuaState(new LuaOptions { Limits = new LuaLimits { MaxSteps = 100_000, MaxLiveBytes = 16 << 20 } });
        var endless = state.Load("while true do end"u8, "=endless");
        for (var i = 0; i < 3; i++) state.TryCall(endless, [], out LuaValue _, out var _).ShouldBeFalse();
        state.Call(state.Load("return 1 + 1"u8, "=sum"))[0].AsNumber.ShouldBe(2);
    }

    [Theory]
    [InlineData("local function f() return 1 + f() end f()", "stack overflow")]
    [InlineData("local function f(...) return 1 + f(1, ...) end f()", "stack overflow")]
    [InlineData("local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k .. 'x'] end return t.a", "C stack overflow")]
    [InlineData("local t = setmetatable({}, {}) getmetatable(t).__add = function(a, b) return a + b end return t + t", "C stack overflow")]
    [InlineData("local t = setmetatable({}, {}) getmetatable(t).__eq = function(a, b) return a == b end return t == setmetatable({}, getmetatable(t))", "C stack overflow")]
    [InlineData("local t = setmetatable({}, {}) getmetatable(t).__concat = function(a, b) return a .. b end return t .. t", "C stack overflow")]
    [InlineData("local function f() table.sort({3, 2, 1}, function(a, b) f() return a < b end) end f()", "C stack overflow")]
    [InlineData("local function f(s) return (s:gsub('.', f)) end f('x')", "C stack overflow")]
    [InlineData("local function f() for x in f do end end f()", "C stack overflow")]
    [InlineData("local function f() return coroutine.wrap(f)() end f()", "C stack overflow")]
    [InlineData("local t = setmetatable({}, {}) getmetatable(t).__tostring = function(x) return tostring(x) end tostring(t)", "C stack overflow")]
    [InlineData("local function f() local ok, e = load(f) error(e) end f()", "C stack overflow")]
    [InlineData("local t = setmetatable({}, {}) getmetatable(t).__call = t t()", "attempt to call")]
    public void Deep_nesting_raises_an_error(string program, string text)
    {
        LuaHost.Error(program).Message.ShouldContain(text);
    }

    [Fact]
    public void Handlers_that_fail_for_ever_end_in_error_in_error_handling()
    {
        LuaHost.Value("return select(2, xpcall(function() error('a') end, function(m) error(m) end))").AsString.ToString().ShouldBe("error in error handling");
        LuaHost.Value("local function h() local x = nil + 1 end return select(2, xpcall(h, h))").AsString.ToString().ShouldBe("error in error handling");
    }

    [Fact]
    public void Weak_tables_forget_what_nobody_else_knows_when_garbage_is_collected()
    {
        LuaHost.Run("""
            local w = setmetatable({}, {__mode = 'v'}) w[1] = {} w.x = {} w.s = 'string' local kept = {} w.k = kept
            local k = setmetatable({}, {__mode = 'k'}) k[{}] = 1 k[kept] = 2 k.name = {}
            collectgarbage() print(w[1], w.x, w.s, w.k == kept) local n = 0 for _ in pairs(k) do n = n + 1 end print(n, k[kept])
            local p = newproxy(true) getmetatable(p).__gc = function() print('finalized') end p = nil collectgarbage() collectgarbage()
            """).ShouldBe("nil\tnil\tstring\ttrue\n2\t2\nfinalized\n");
    }

    [Fact]
    public void A_program_that_watches_its_memory_sees_a_collector_at_work()
    {
        LuaHost.Run("""
            collectgarbage('stop') repeat local a = {} until gcinfo() > 1000
            collectgarbage('restart') repeat local a = {} until gcinfo() < 1000
            local n = 0 collectgarbage() repeat n = n + 1 until collectgarbage('step', 0) print(n > 10, collectgarbage('step', 1000000), collectgarbage('count') > 0)
            """).ShouldBe("true\ttrue\ttrue\n");
    }
}
