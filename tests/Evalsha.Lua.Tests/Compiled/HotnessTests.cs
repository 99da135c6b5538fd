// When functions are compiled, how long the methods live, and that every limit holds inside them.
using System.Runtime.CompilerServices;
using System.Text;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Tests.Compiled;

public sealed class HotnessTests
{
    private static readonly LuaOptions Automatic = new() { Tier = LuaTier.Automatic };
    private static readonly LuaOptions Compiled = new() { Tier = LuaTier.Compiled };

    [Fact]
    public void A_loop_that_runs_long_is_entered_while_it_runs()
    {
        var state = new LuaState(Automatic);
        var function = state.Load("local s = 0 for i = 1, 2000000 do s = s + i end return s"u8, "=loop");
        state.Call(function)[0].AsNumber.ShouldBe(2000001000000);
        function.Code.Body.ShouldNotBeNull();
    }

    [Fact]
    public void A_function_that_is_finished_on_another_thread_is_entered_when_it_is_ready()
    {
        var state = new LuaState(new LuaOptions { Tier = LuaTier.Automatic, CompilesInBackground = true });
        var function = state.Load("local s = 0 for i = 1, 200000 do s = s + i end return s"u8, "=loop");
        do
        {
            state.Call(function)[0].AsNumber.ShouldBe(20000100000);
        }
        while (function.Code.Body is null);
        state.Call(function)[0].AsNumber.ShouldBe(20000100000);
    }

    [Fact]
    public void A_program_that_is_over_in_a_moment_compiles_nothing()
    {
        var state = new LuaState(Automatic);
        var function = state.Load("local s = 0 for i = 1, 500 do s = s + i end return s"u8, "=once");
        state.Call(function)[0].AsNumber.ShouldBe(125250);
        function.Code.Body.ShouldBeNull();
    }

    [Fact]
    public void A_short_function_that_is_called_often_is_compiled_in_the_end()
    {
        var state = new LuaState(Automatic);
        var function = state.Load("local n = tonumber('1') + tonumber('2') return n"u8, "=short");
        for (var i = 0; i < 500_000; i++) state.TryCall(function, [], out LuaValue _, out var _).ShouldBeTrue();
        function.Code.Body.ShouldNotBeNull();
        state.Call(function)[0].AsNumber.ShouldBe(3);
    }

    [Fact]
    public void Nothing_is_compiled_where_only_the_interpreter_is_wanted()
    {
        var state = new LuaState(new LuaOptions { Tier = LuaTier.Interpreted });
        var function = state.Load("local s = 0 for i = 1, 2000000 do s = s + i end return s"u8, "=loop");
        state.Call(function);
        function.Code.Body.ShouldBeNull();
    }

    [Fact]
    public void A_compiled_function_is_collected_with_its_closure()
    {
        var state = new LuaState(Compiled);
        var body = RunAndForget(state);
        for (var i = 0; i < 10 && body.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        body.IsAlive.ShouldBeFalse();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference RunAndForget(LuaState state)
    {
        var function = state.Load("local function f(n) if n < 2 then return n end return f(n - 1) + f(n - 2) end return f(15)"u8, "=gone");
        state.Call(function)[0].AsNumber.ShouldBe(610);
        return new WeakReference(function.Code.Body.ShouldNotBeNull().Method);
    }

    [Theory]
    [InlineData("while true do end")]
    [InlineData("local n = 0 repeat n = n + 1 until false")]
    [InlineData("for i = 1, 1e18 do end")]
    [InlineData("for i = 1e18, 1, -1 do local x = i * 2 end")]
    [InlineData("local function f() return f() end f()")]
    [InlineData("local function f(n) if n > 0 then f(n - 1) f(n - 1) end end f(100)")]
    [InlineData("while true do pcall(function() while true do end end) end")]
    [InlineData("local t = {1} while true do for k in pairs(t) do end end")]
    [InlineData("for k in function() return 1 end do end")]
    [InlineData("local co = coroutine.wrap(function() while true do end end) co()")]
    public void A_compiled_program_without_end_uses_up_its_steps(string program)
    {
        var error = LuaHost.Error(program, Compiled with { Limits = new LuaLimits { MaxSteps = 2_000_000 } });
        error.Kind.ShouldBe(LuaErrorKind.StepLimit);
    }

    [Fact]
    public void A_kill_ends_a_compiled_loop_of_pcalls()
    {
        var state = new LuaState(Compiled) { InterruptHook = _ => LuaInterrupt.Kill(LuaValue.FromText("killed")) };
        var forever = state.Load("local n = 0 while true do pcall(function() while true do n = n + 1 end end) end"u8, "=forever");
        state.TryCall(forever, [], out LuaValue _, out var error).ShouldBeFalse();
        error.Kind.ShouldBe(LuaErrorKind.Killed);
        error.Message.ShouldBe("killed");
    }

    [Fact]
    public void The_live_byte_limit_holds_inside_compiled_loops()
    {
        var error = LuaHost.Error("local t = {} for i = 1, 1e9 do t[i] = {i} end", Compiled with { Limits = new LuaLimits { MaxLiveBytes = 8 << 20 } });
        error.Message.ShouldContain("not enough memory");
    }

    [Theory]
    [InlineData("local function f(n) return n + f(n + 1) end f(1)")]
    [InlineData("local function f(n) local a, b, c = n, n + 1, n + 2 return f(a) + f(b) + c end f(1)")]
    [InlineData("local f, g function f(n) return 1 + g(n) end function g(n) return 1 + f(n) end f(1)")]
    [InlineData("local function f() table.sort({3, 2, 1}, function(a, b) f() return a < b end) end f()")]
    [InlineData("local t = setmetatable({}, {}) getmetatable(t).__add = function(a, b) return a + b end return t + t")]
    public void Deep_recursion_ends_with_the_same_text_on_both_tiers(string program)
    {
        var interpreted = LuaHost.Error(program, new LuaOptions { Tier = LuaTier.Interpreted });
        interpreted.Message.ShouldContain("stack overflow");
        LuaHost.Error(program, Compiled).Message.ShouldBe(interpreted.Message);
    }

    [Fact]
    public void Both_tiers_count_the_same_steps()
    {
        const string Program = """
            local function f(n) local s = 0 for i = 1, n do s = s + i end return s end
            local t = {} for i = 1, 100 do t[i] = f(i) end
            local n = 0 for k, v in pairs(t) do n = n + v end for i, v in ipairs(t) do n = n - v end
            local i = 0 while i < 50 do i = i + 1 pcall(f, i) end repeat i = i - 1 until i == 0
            return n
            """;
        Steps(Program, LuaTier.Compiled).ShouldBe(Steps(Program, LuaTier.Interpreted));
    }

    private static long Steps(string program, LuaTier tier)
    {
        var state = new LuaState(new LuaOptions { Tier = tier });
        state.Call(state.Load(Encoding.ASCII.GetBytes(program), "=steps"));
        return state.StepsUsed;
    }

    [Fact]
    public void A_debugger_that_changes_a_local_is_heard()
    {
        LuaHost.Value("""
            local function spoil() debug.setlocal(2, 1, 'changed') end
            local function f() local n = 1 local s = 0 for i = 1, 10 do s = s + n if i == 5 then spoil() return n end end end
            return f()
            """, Compiled).AsString.ToString().ShouldBe("changed");
    }
}
