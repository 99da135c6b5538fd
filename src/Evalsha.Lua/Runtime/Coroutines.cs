// Resume and yield. A resume runs the coroutine's own loop on the same .NET thread, as one host level; a yield leaves that loop with its
// calls kept. A coroutine can yield only from its own loop: not across a pcall, metamethod, iterator or host function, as in PUC 5.1.
namespace Evalsha.Lua.Runtime;

internal static class Coroutines
{
    public static LuaThread Create(LuaState state, LuaFunction body)
    {
        var made = new LuaThread(state, state.RunningThread.Globals, isMain: false);
        made.HookEvents = state.RunningThread.HookEvents;
        made.HookInterval = made.HookCountdown = state.RunningThread.HookInterval;
        made.Stack[1] = body;
        made.Top = 2;
        return made;
    }

    /// <summary>
    /// Runs the coroutine until it yields, ends or fails. Its results are then in its stack: <paramref name="count"/> values from
    /// <paramref name="at"/> on. False: the error is the state's.
    /// </summary>
    public static bool Resume(LuaThread from, LuaThread coroutine, int firstArgument, int arguments, out int at, out int count)
    {
        var state = from.State;
        at = 1;
        count = 0;
        if (coroutine.Status != LuaThreadStatus.Suspended)
        {
            state.SetError(Text.ToByteString($"cannot resume {StatusName(from, coroutine)} coroutine"));
            return false;
        }
        if (state.HostLevels >= LuaLimits.HostLevelsMax || !Interpreter.HasHostStack(state))
        {
            state.SetError(Text.ToByteString("C stack overflow"));
            // PUC's message takes the place of the body that was to start.
            if (coroutine.FrameIndex == 0 && coroutine.YieldedAt == 0) coroutine.Status = LuaThreadStatus.Dead;
            return false;
        }
        var status = Interpreter.Resume(from, coroutine, firstArgument, arguments);
        if (status == RunStatus.Raised) return false;
        (at, count) = ResultsOf(coroutine, status);
        return true;
    }

    /// <summary>Where the values lie that a coroutine gave when it yielded or ended, and how many.</summary>
    public static (int At, int Count) ResultsOf(LuaThread coroutine, RunStatus status) =>
        status == RunStatus.Yielded ? (coroutine.YieldedAt + 1, coroutine.YieldedCount) : (1, coroutine.Top - 1);

    public static string StatusName(LuaThread asking, LuaThread coroutine) =>
        ReferenceEquals(asking, coroutine) ? "running" : coroutine.Status switch
        {
            LuaThreadStatus.Suspended => "suspended",
            LuaThreadStatus.Normal => "normal",
            LuaThreadStatus.Running => "running",
            _ => "dead",
        };
}
