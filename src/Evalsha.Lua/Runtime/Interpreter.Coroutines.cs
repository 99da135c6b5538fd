// HOT: no allocation, no await, no LINQ. Measured by benches/Evalsha.Bench/Lua/LoopBench.cs (coroutines).
// Resume and yield as the loop makes them. A yield notes where its values lie and leaves the coroutine's loop; a resume enters it again and
// copies values straight from one stack to the other. Everything out of the ordinary (hooks, a dead coroutine, no levels left, errors) goes
// through the bodies in CoroutineLibrary.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Evalsha.Lua.Library;

namespace Evalsha.Lua.Runtime;

internal static partial class Interpreter
{
    /// <summary>Runs a coroutine that may run, from its beginning or on from where it yielded, with values from the stack of the one that resumes it.</summary>
    internal static RunStatus Resume(LuaThread from, LuaThread coroutine, int firstArgument, int arguments)
    {
        var state = from.State;
        var levels = state.HostLevels;
        from.Status = LuaThreadStatus.Normal;
        coroutine.Status = LuaThreadStatus.Running;
        coroutine.BaseLevels = ++state.HostLevels;
        state.RunningThread = coroutine;
        coroutine.ResumedBy = from;
        var status = Run(coroutine, from, firstArgument, arguments);
        state.RunningThread = from;
        coroutine.ResumedBy = null;
        state.HostLevels = levels;
        from.Status = LuaThreadStatus.Running;
        coroutine.Status = status == RunStatus.Yielded ? LuaThreadStatus.Suspended : LuaThreadStatus.Dead;
        if (status == RunStatus.Raised) coroutine.FrameIndex = Math.Max(coroutine.FrameIndex, coroutine.RaisedAt);
        return status;
    }

    // The values become arguments of the body, or results of yield.
    static RunStatus Run(LuaThread coroutine, LuaThread from, int firstArgument, int arguments)
    {
        if (coroutine.FrameIndex == 0 && coroutine.YieldedAt == 0)
        {
            CopyAcross(from, firstArgument, coroutine, 2, arguments, arguments);
            coroutine.Top = 2 + arguments;
            return PrepareCall(coroutine, 1, arguments, -1, FrameKind.Entry) switch
            {
                CallOutcome.Completed => RunStatus.Done,
                CallOutcome.Entered => Execute(coroutine),
                CallOutcome.Raised => RunStatus.Raised,
                _ => RunStatus.Yielded,
            };
        }
        var at = coroutine.YieldedAt;
        if (coroutine.HookEvents != HookEvents.None)
        {
            CopyAcross(from, firstArgument, coroutine, at, arguments, arguments);
            coroutine.Top = at + arguments;
            if (!Hooks.OnReturn(coroutine)) return RunStatus.Raised;
        }
        coroutine.FrameIndex--; // yield itself
        CopyAcross(from, firstArgument, coroutine, at, arguments, coroutine.YieldWanted);
        // Without a call left, the body was yield itself.
        return coroutine.FrameIndex == 0 ? RunStatus.Done : Execute(coroutine);
    }

    // As PlaceResults, from one stack to another.
    static void CopyAcross(LuaThread from, int first, LuaThread to, int at, int count, int wanted)
    {
        if (wanted < 0)
        {
            to.Top = at + count;
            wanted = count;
        }
        ref var target = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(to.Room(at + wanted + 1)), at);
        if (count > wanted) count = wanted;
        ref var source = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(from.Stack), first);
        for (var n = 0; n < count; n++) LuaValue.Copy(ref Unsafe.Add(ref target, n), ref Unsafe.Add(ref source, n));
        for (var n = count; n < wanted; n++) LuaValue.WriteBits(ref Unsafe.Add(ref target, n), LuaValue.NilTag);
    }

    // coroutine.yield: its frame stays on the list until the coroutine is resumed.
    static CallOutcome CallYield(LuaThread thread, LuaHostFunction function, int func, int arguments, int wanted)
    {
        if (thread.HookEvents != HookEvents.None || thread.IsMain || thread.State.HostLevels > thread.BaseLevels || !HasFrameRoom(thread))
        {
            return CallHost(thread, function, func, arguments, wanted);
        }
        PushHost(thread, func, arguments, 0);
        thread.YieldedAt = func;
        thread.YieldedCount = arguments;
        thread.YieldWanted = wanted;
        return CallOutcome.Yielded;
    }

    // coroutine.resume, or the function that coroutine.wrap made.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static CallOutcome CallResume(LuaThread thread, LuaHostFunction function, int func, int arguments, int wanted, int kind)
    {
        var isWrapped = function.Kind == HostKind.Wrapped;
        var state = thread.State;
        var named = isWrapped ? function.Upvalues[0] : arguments > 0 ? thread.Stack[func + 1] : LuaValue.Nil;
        if (!named.IsThread || named.AsThread.Status != LuaThreadStatus.Suspended || thread.HookEvents != HookEvents.None
            || state.HostLevels >= LuaLimits.HostLevelsMax || !HasHostStack(state) || !HasFrameRoom(thread))
        {
            return CallHost(thread, function, func, arguments, wanted, kind);
        }
        var coroutine = named.AsThread;
        PushHost(thread, func, arguments, kind);
        var status = isWrapped ? Resume(thread, coroutine, func + 1, arguments) : Resume(thread, coroutine, func + 2, arguments - 1);
        if (status == RunStatus.Raised && isWrapped)
        {
            var call = new LuaCall(thread, function, func + 1, arguments);
            return EndHost(thread, CoroutineLibrary.RaiseFromWrapped(ref call), func, arguments, wanted);
        }
        if (thread.HookEvents != HookEvents.None) return EndHooked(thread, function, coroutine, status, func, arguments, wanted);
        thread.FrameIndex--;
        PlaceResumed(thread, coroutine, status, isWrapped, func, wanted);
        return CallOutcome.Completed;
    }

    // What resume gives, or the function of wrap, which has no error to give: laid from func on.
    static void PlaceResumed(LuaThread thread, LuaThread coroutine, RunStatus status, bool isWrapped, int func, int wanted)
    {
        if (status == RunStatus.Raised)
        {
            thread.Stack[func] = LuaValue.False;
            thread.Stack[func + 1] = thread.State.TakeError();
            PlaceResults(thread, func, 2, func, wanted);
            return;
        }
        var (at, count) = Coroutines.ResultsOf(coroutine, status);
        if (isWrapped)
        {
            CopyAcross(coroutine, at, thread, func, count, wanted);
            return;
        }
        LuaValue.WriteBits(ref thread.Stack[func], LuaValue.TrueTag);
        if (wanted != 0) CopyAcross(coroutine, at, thread, func + 1, count, wanted > 0 ? wanted - 1 : wanted);
    }

    // The coroutine set a hook for the one that resumed it: it sees resume return.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static CallOutcome EndHooked(LuaThread thread, LuaHostFunction function, LuaThread coroutine, RunStatus status, int func, int arguments, int wanted)
    {
        PlaceResumed(thread, coroutine, status, function.Kind == HostKind.Wrapped, func, -1);
        var count = thread.Top - func;
        if (!ReturnHook(thread, function, count)) return EndHost(thread, LuaCall.Raised, func, arguments, wanted);
        thread.FrameIndex--;
        PlaceResults(thread, func, count, func, wanted);
        return CallOutcome.Completed;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void PushHost(LuaThread thread, int func, int arguments, int kind)
    {
        ref var frame = ref thread.Frames[++thread.FrameIndex];
        frame.Func = func;
        frame.Base = func + 1;
        frame.Kind = FrameKind.Host | kind & FrameKind.Iterator;
        thread.Top = func + 1 + arguments;
    }
}
