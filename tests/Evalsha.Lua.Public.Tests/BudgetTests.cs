// Every budget ends a run, from the state's options or for one call, and the state is whole afterwards.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Public.Tests;

public sealed class BudgetTests
{
    private const string Endless = "while true do end";
    private const string EndlessAndStubborn = "while true do pcall(function() while true do end end) end";

    [Theory]
    [InlineData(Endless)]
    [InlineData(EndlessAndStubborn)]
    public void Steps(string program)
    {
        var limited = new LuaState(new LuaOptions { Limits = new LuaLimits { MaxSteps = 500_000 } });
        ShouldEnd(limited, program, default, LuaErrorKind.StepLimit, "step limit exceeded");

        var one = new LuaState();
        ShouldEnd(one, program, new LuaBudget { MaxSteps = 500_000 }, LuaErrorKind.StepLimit, "step limit exceeded");
        one.StepsUsed.ShouldBeLessThan(600_000);
    }

    [Fact]
    public void A_call_may_have_more_steps_than_the_state_gives_others()
    {
        var state = new LuaState(new LuaOptions { Limits = new LuaLimits { MaxSteps = 1_000 } });
        const string Long = "for i = 1, 100000 do end return 'done'";
        state.TryRun(Long, out _, out _).ShouldBeFalse();
        state.Run<string>(Long, budget: new LuaBudget { MaxSteps = 1_000_000 }).ShouldBe("done");
    }

    [Fact]
    public void Live_bytes()
    {
        var state = new LuaState(new LuaOptions { Limits = new LuaLimits { MaxLiveBytes = 8 << 20 } });
        ShouldEnd(state, "local t = {} for i = 1, 1e9 do t[i] = {} end", default, LuaErrorKind.Memory, "not enough memory");
        state.Run<int>("local n = 0 for i = 1, 300000 do n = #{i, i} end return n").ShouldBe(2); // garbage does not count
    }

    [Fact]
    public void Depth()
    {
        const string Deep = "local function down(n) if n == 0 then return 0 end return 1 + down(n - 1) end ";
        var state = new LuaState(new LuaOptions { Limits = new LuaLimits { MaxDepth = 100 } });
        for (var round = 0; round < 3; round++)
        {
            state.TryRun(Deep + "return down(150)", out _, out var error).ShouldBeFalse();
            error.Message.ShouldEndWith("stack overflow");
            state.Run<int>(Deep + "return down(90)").ShouldBe(90);
        }

        state.Run<bool>(Deep + "return select(2, xpcall(function() down(150) end, function() return pcall(down, 20) end)) and not pcall(down, 120)").ShouldBeTrue();
        state.Run<bool>(Deep + "return coroutine.resume(coroutine.create(down), 150)").ShouldBeFalse();
        new LuaState().Run<int>(Deep + "return down(15000)").ShouldBe(15000);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Time_on_a_clock_that_the_test_moves(bool isOfTheCall)
    {
        var clock = new MovedClock();
        var second = TimeSpan.FromSeconds(1);
        var state = new LuaState(new LuaOptions { Time = clock, Limits = isOfTheCall ? LuaLimits.None : new LuaLimits { MaxTime = second } });
        var budget = isOfTheCall ? new LuaBudget { MaxTime = second } : default;
        state.Register("work", (int milliseconds) => clock.Move(TimeSpan.FromMilliseconds(milliseconds)));

        ShouldEnd(state, "while true do work(1) end", budget, LuaErrorKind.TimeLimit, "time limit exceeded");
        state.Run<string>("work(900) for i = 1, 500000 do end return 'in time'", budget: budget).ShouldBe("in time");
    }

    [Fact]
    public void Cancellation_from_another_thread()
    {
        using var source = new CancellationTokenSource();
        using var begun = new ManualResetEventSlim();
        var state = new LuaState();
        state.Register("begun", begun.Set);
        var other = new Thread(() =>
        {
            begun.Wait();
            source.Cancel();
        });
        other.Start();

        ShouldEnd(state, "begun() " + EndlessAndStubborn, source.Token, LuaErrorKind.Cancelled, "cancelled");
        other.Join();
        state.TryRun("return 1", out _, out var error, budget: source.Token).ShouldBeFalse(); // cancelled before it began
        error.Kind.ShouldBe(LuaErrorKind.Cancelled);
    }

    [Fact]
    public void A_call_from_inside_a_host_function_uses_the_budget_around_it()
    {
        var state = new LuaState();
        state.Register("inner", () => state.Run(Endless, budget: new LuaBudget { MaxSteps = long.MaxValue }));
        ShouldEnd(state, "while true do pcall(inner) end", new LuaBudget { MaxSteps = 500_000 }, LuaErrorKind.StepLimit, "step limit exceeded");
    }

    private static void ShouldEnd(LuaState state, string program, LuaBudget budget, LuaErrorKind kind, string message)
    {
        for (var again = 0; again < 2; again++)
        {
            state.TryRun(program, out _, out var error, "=program", budget).ShouldBeFalse();
            (error.Kind, error.Message).ShouldBe((kind, message));
            state.Run<int>("return 1 + 1").ShouldBe(2);
        }
    }

    /// <summary>Stands still unless it is moved.</summary>
    private sealed class MovedClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Move(TimeSpan by) => _ticks += by.Ticks;
    }
}
