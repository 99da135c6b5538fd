// Beginning and ending calls outside the common path: host functions, vararg functions, pcall and xpcall as frames of the loop, iterators,
// tail calls, and the entry from the host.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Evalsha.Lua.Bytecode;

namespace Evalsha.Lua.Runtime;

internal enum ReturnOutcome
{
    /// <summary>A Lua function of this activation of the loop runs on.</summary>
    Continue,

    /// <summary>The call that the loop was entered for has ended.</summary>
    Leave,

    Raised,
}

internal enum CallOutcome
{
    /// <summary>The call is over and its results are in place.</summary>
    Completed,

    /// <summary>A Lua function's frame was pushed: run it.</summary>
    Entered,

    Raised,
    Yielded,
}

internal static partial class Interpreter
{
    /// <summary>Levels allowed on top of the limit while an error handler runs (LUAI_MAXCCALLS / 8).</summary>
    const int HandlerLevels = LuaLimits.HostLevelsMax / 8;

    /// <summary>
    /// Calls the value at slot <paramref name="func"/> with the arguments above it, as one host level. Results lie from func on:
    /// exactly <paramref name="wanted"/>, or all up to the thread's top when it is -1.
    /// </summary>
    internal static bool Call(LuaThread thread, int func, int arguments, int wanted)
    {
        var state = thread.State;
        if (++state.HostLevels >= LuaLimits.HostLevelsMax && !AllowLevel(thread))
        {
            // The handler runs with this level still counted: so it gets the few above the limit.
            if (thread.Handler != 0) CallHandler(thread);
            state.HostLevels--;
            return false;
        }
        if (!HasHostStack(state))
        {
            state.HostLevels--;
            if (!thread.IsHandlingOverflow) return RaiseText(thread, "C stack overflow");
            state.SetHandledError(WellKnown.ErrorInErrorHandling);
            return false;
        }
        var frame = thread.FrameIndex;
        bool ok;
        if (thread.Stack[func] is { IsFunction: true } value && value.Ref!.GetType() == typeof(LuaClosure))
        {
            // What a comparator, a callback or a metamethod mostly is.
            var code = Unsafe.As<LuaClosure>(value.Ref).Code;
            ok = EnterLua(thread, code, func, arguments, wanted, FrameKind.Entry) && RunEntered(thread, code);
        }
        else
        {
            var outcome = PrepareCall(thread, func, arguments, wanted, FrameKind.Entry);
            ok = outcome == CallOutcome.Completed || (outcome == CallOutcome.Entered && Execute(thread) == RunStatus.Done);
            if (outcome >= CallOutcome.Raised) thread.FrameIndex = frame;
        }
        state.HostLevels--;
        return ok;
    }

    /// <summary>
    /// Whether the thread's own stack lets another level be entered. 200 levels fit into 512 KB once the code is optimised, but the first calls of
    /// a process run unoptimised, with frames several times larger: there the limit comes earlier instead of ending the process.
    /// Asked at every fourth level, since the runtime keeps at least 64 KB in reserve and a few levels take far less.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool HasHostStack(LuaState state) => (state.HostLevels & 3) != 0 || RuntimeHelpers.TryEnsureSufficientExecutionStack();

    /// <summary>As <see cref="Call"/>, but an error leaves the coroutine as it was before the call.</summary>
    /// <param name="handler">Slot of a function to call where an error is raised, or 0.</param>
    internal static bool ProtectedCall(LuaThread thread, int func, int arguments, int wanted, int handler)
    {
        var state = thread.State;
        var levels = state.HostLevels;
        var frame = thread.FrameIndex;
        var previous = thread.Handler;
        thread.Handler = handler;
        var ok = Call(thread, func, arguments, wanted);
        thread.Handler = previous;
        if (ok) return true;
        CloseUpvalues(thread, func);
        thread.ErrorCaught(frame);
        thread.FrameIndex = frame;
        state.HostLevels = levels;
        return false;
    }

    // PUC raises once at the limit and lets an error handler go a little further.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool AllowLevel(LuaThread thread)
    {
        var state = thread.State;
        if (state.HostLevels == LuaLimits.HostLevelsMax) return RaiseText(thread, "C stack overflow");
        if (state.HostLevels < LuaLimits.HostLevelsMax + HandlerLevels) return true;
        state.SetHandledError(WellKnown.ErrorInErrorHandling);
        return false;
    }

    /// <summary>luaD_precall: runs a host function, or pushes the frame of a Lua function.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static CallOutcome PrepareCall(LuaThread thread, int func, int arguments, int wanted, int kind)
    {
        if (!thread.Stack[func].IsFunction && !UseCallMetamethod(thread, func, ref arguments)) return CallOutcome.Raised;
        var function = Unsafe.As<LuaFunction>(thread.Stack[func].Ref!);
        if (function is LuaHostFunction host)
        {
            if (host.Kind >= HostKind.Resume && (kind & ~FrameKind.Iterator) == 0) return CallResume(thread, host, func, arguments, wanted, kind);
            if (host.Kind >= HostKind.Select && kind == 0) return CallShort(thread, host, ref thread.Stack[func], func, arguments, wanted);
            switch (host.Kind)
            {
                case HostKind.ProtectedCall when arguments > 0:
                case HostKind.ProtectedCallWithHandler when arguments > 1:
                    if ((kind & FrameKind.Entry) == 0) return PrepareProtected(thread, host, func, arguments, wanted, kind);
                    break;
            }
            return CallHost(thread, host, func, arguments, wanted, kind);
        }
        return EnterLua(thread, Unsafe.As<LuaClosure>(function).Code, func, arguments, wanted, kind) ? CallOutcome.Entered : CallOutcome.Raised;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool EnterLua(LuaThread thread, Executable code, int func, int arguments, int wanted, int kind)
    {
        if (!HasFrameRoom(thread)) return false;
        var needed = func + 1 + arguments + code.ParameterCount + 1 + code.MaxStackSize;
        if (needed > thread.StackLimit && !GrowStack(thread, needed)) return false;
        var registers = func + 1;
        if (code.IsVararg)
        {
            registers = AdjustVarargs(thread, code, func, arguments);
        }
        else
        {
            for (var n = Math.Min(arguments, code.ParameterCount); n < code.CleanUpTo; n++) LuaValue.WriteBits(ref thread.Stack[registers + n], LuaValue.NilTag);
        }
        ref var frame = ref thread.Frames[++thread.FrameIndex];
        frame.Func = func;
        frame.Base = registers;
        frame.Wanted = wanted;
        frame.Kind = kind;
        frame.Pc = 0;
        return true;
    }

    /// <summary>What the loop's own way of entering does not do: a vararg function, or no room.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool EnterLuaSlow(LuaThread thread, Executable code, int func, int arguments, int wanted) => EnterLua(thread, code, func, arguments, wanted, 0);

    // adjust_varargs: the fixed parameters move above the extra arguments, so that registers are contiguous.
    static int AdjustVarargs(LuaThread thread, Executable code, int func, int arguments)
    {
        var parameters = code.ParameterCount;
        ref var first = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Stack), func + 1);
        for (; arguments < parameters; arguments++) LuaValue.WriteBits(ref Unsafe.Add(ref first, arguments), LuaValue.NilTag);
        ref var registers = ref Unsafe.Add(ref first, arguments);
        var clean = parameters;
        if (code.NeedsArg)
        {
            Unsafe.Add(ref registers, parameters) = MakeArg(ref Unsafe.Add(ref first, parameters), arguments - parameters);
            clean++;
        }
        for (var n = 0; n < parameters; n++)
        {
            LuaValue.Copy(ref Unsafe.Add(ref registers, n), ref Unsafe.Add(ref first, n));
            LuaValue.WriteBits(ref Unsafe.Add(ref first, n), LuaValue.NilTag);
        }
        for (; clean < code.CleanUpTo; clean++) LuaValue.WriteBits(ref Unsafe.Add(ref registers, clean), LuaValue.NilTag);
        return func + 1 + arguments;
    }

    // The table "arg" of 5.0, for a function that does not say "...".
    [MethodImpl(MethodImplOptions.NoInlining)]
    static LuaTable MakeArg(ref LuaValue extra, int count)
    {
        var arg = new LuaTable(count, 1);
        for (var n = 0; n < count; n++) LuaValue.Store(ref arg.Array[n], ref Unsafe.Add(ref extra, n));
        arg.Set(WellKnown.N, (double)count);
        return arg;
    }

    // pcall and xpcall: a frame that stays on the list of calls while the protected function runs in the same loop.
    static CallOutcome PrepareProtected(LuaThread thread, LuaHostFunction host, int func, int arguments, int wanted, int kind)
    {
        if (!HasFrameRoom(thread)) return CallOutcome.Raised;
        thread.Frames[++thread.FrameIndex] = new CallInfo { Func = func, Base = func + 1, Wanted = wanted, Kind = kind | FrameKind.Host, PreviousHandler = thread.Handler };
        thread.Top = func + 1 + arguments;
        // What the hook of the call itself raises is not for this pcall to catch.
        if (thread.HookEvents != HookEvents.None && !Hooks.OnCall(thread)) return CallOutcome.Raised;
        thread.Frames[thread.FrameIndex].Kind |= FrameKind.Protected;
        thread.Handler = 0;
        var inner = func + 1;
        arguments--;
        if (host.Kind == HostKind.ProtectedCallWithHandler)
        {
            // The handler goes below the function, which is called without arguments.
            var stack = thread.Stack;
            (stack[func + 1], stack[func + 2]) = (stack[func + 2], stack[func + 1]);
            thread.Handler = func + 1;
            inner = func + 2;
            arguments = 0;
        }
        // The level is the protected function's: that there is none left is for the new handler to hear.
        if (++thread.State.HostLevels >= LuaLimits.HostLevelsMax && !AllowLevel(thread)) return CallOutcome.Raised;
        var outcome = PrepareCall(thread, inner, arguments, -1, FrameKind.UnderProtected);
        if (outcome != CallOutcome.Completed) return outcome;
        EndProtected(thread, inner, thread.Top - inner, out var from, out var count);
        if (thread.HookEvents != HookEvents.None && !ReturnHook(thread, host, count)) return CallOutcome.Raised;
        thread.FrameIndex--;
        PlaceResults(thread, from, count, func, wanted);
        return CallOutcome.Completed;
    }

    // The protected function gave its results at "inner"; pcall's own are true and those, beginning at its function slot.
    static void EndProtected(LuaThread thread, int inner, int innerCount, out int from, out int count)
    {
        ref var frame = ref thread.Frames[thread.FrameIndex];
        var stack = thread.Stack;
        from = frame.Func;
        count = innerCount + 1;
        stack[from] = LuaValue.True;
        if (inner != from + 1) stack.AsSpan(inner, innerCount).CopyTo(stack.AsSpan(from + 1));
        thread.Handler = frame.PreviousHandler;
        thread.State.HostLevels--;
    }

    /// <summary>Moves results to where the caller wants them: exactly <paramref name="wanted"/>, or all, ending at the thread's top.</summary>
    static void PlaceResults(LuaThread thread, int from, int count, int to, int wanted)
    {
        var stack = thread.Stack;
        if (wanted < 0)
        {
            if (from != to)
            {
                for (var n = 0; n < count; n++) LuaValue.Copy(ref stack[to + n], ref stack[from + n]);
            }
            thread.Top = to + count;
            return;
        }
        if (from != to)
        {
            var copied = Math.Min(count, wanted);
            for (var n = 0; n < copied; n++) LuaValue.Copy(ref stack[to + n], ref stack[from + n]);
        }
        if (count >= wanted) return;
        stack = thread.Room(to + wanted);
        for (var n = count; n < wanted; n++) LuaValue.WriteBits(ref stack[to + n], LuaValue.NilTag);
    }

    /// <summary>Ends the running call with results from slot <paramref name="from"/> on, and whatever ends with it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static ReturnOutcome FinishReturn(LuaThread thread, int from, int count)
    {
        while (true)
        {
            ref var frame = ref thread.Frames[thread.FrameIndex];
            var (kind, func) = (frame.Kind, frame.Func);
            PlaceResults(thread, from, count, func, frame.Wanted);
            if ((kind & FrameKind.Metamethod) != 0)
            {
                FinishMetamethod(thread, ref thread.Stack[func]);
                return ReturnOutcome.Continue;
            }
            thread.FrameIndex--;
            if ((kind & FrameKind.Entry) != 0) return ReturnOutcome.Leave;
            if ((kind & FrameKind.Iterator) != 0)
            {
                thread.State.HostLevels--;
                FinishIterator(thread);
                return ReturnOutcome.Continue;
            }
            if ((kind & FrameKind.UnderProtected) == 0) return ReturnOutcome.Continue;
            var function = thread.Stack[thread.Frames[thread.FrameIndex].Func];
            EndProtected(thread, func, thread.Top - func, out from, out count);
            if (thread.HookEvents != HookEvents.None && !ReturnHook(thread, function, count)) return ReturnOutcome.Raised;
        }
    }

    // The hook of a host function that returns, above its results. What it raises is not for a pcall that has ended to catch.
    // The results lie from the function's own slot on: they step aside while the hook looks at the call.
    static bool ReturnHook(LuaThread thread, in LuaValue function, int count)
    {
        ref var frame = ref thread.Frames[thread.FrameIndex];
        frame.Kind &= ~FrameKind.Protected;
        var func = frame.Func;
        var stack = thread.Room(func + count + 1);
        stack.AsSpan(func, count).CopyTo(stack.AsSpan(func + 1));
        stack[func] = function;
        thread.Top = func + 1 + count;
        if (!Hooks.OnReturn(thread)) return false;
        thread.Stack.AsSpan(func + 1, count).CopyTo(thread.Stack.AsSpan(func));
        thread.Top = func + count;
        return true;
    }

    // A call that raised or yielded stays on the list: for the traceback, and for Unwind or the next resume to take off.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static CallOutcome CallHost(LuaThread thread, LuaHostFunction function, int func, int arguments, int wanted, int kind = 0)
    {
        if (!HasFrameRoom(thread)) return CallOutcome.Raised;
        ref var frame = ref thread.Frames[++thread.FrameIndex];
        frame.Func = func;
        frame.Base = func + 1;
        frame.Kind = FrameKind.Host | kind & FrameKind.Iterator;
        thread.Top = func + 1 + arguments;
        if (thread.HookEvents != HookEvents.None && !Hooks.OnCall(thread)) return EndHost(thread, LuaCall.Raised, func, arguments, wanted);
        var call = new LuaCall(thread, function, func + 1, arguments, wanted);
        var results = function.Body(ref call);
        if (results < 0) return EndHost(thread, results, func, arguments, wanted);
        if (thread.HookEvents != HookEvents.None && !ReturnHook(thread, function, results)) return EndHost(thread, LuaCall.Raised, func, arguments, wanted);
        thread.FrameIndex--;
        if (wanted < 0)
        {
            thread.Top = func + results;
            return CallOutcome.Completed;
        }
        if (results < wanted)
        {
            var stack = thread.Room(func + wanted);
            for (var n = results; n < wanted; n++) LuaValue.WriteBits(ref stack[func + n], LuaValue.NilTag);
        }
        return CallOutcome.Completed;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static CallOutcome EndHost(LuaThread thread, int results, int func, int arguments, int wanted)
    {
        if (results == LuaCall.Raised)
        {
            thread.RaisedAt = Math.Max(thread.RaisedAt, thread.FrameIndex);
            if (thread.Handler != 0) CallHandler(thread);
            return CallOutcome.Raised;
        }
        thread.YieldedAt = func;
        thread.YieldedCount = arguments;
        thread.YieldWanted = wanted;
        return CallOutcome.Yielded;
    }

    // For the loop, which completes the instruction itself when the call did.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static CallOutcome CallIterator(LuaThread thread, ref ulong ip)
    {
        var i = Begin(thread, ref ip);
        ref var caller = ref Running(thread);
        var state = thread.State;
        var func = caller.Base + i.A + 3;
        ref var slot = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Stack), func);
        ref var iterator = ref Unsafe.Subtract(ref slot, 3);
        // What is not at hand, and every limit reached, is left to the general way, which also raises the errors.
        if (iterator.Bits != LuaValue.FunctionTag || thread.HookEvents != HookEvents.None || state.HostLevels + 1 >= LuaLimits.HostLevelsMax || func + 3 > thread.StackLimit) return CallIterator(thread, i, isFinished: false);
        if (iterator.Ref!.GetType() == typeof(LuaClosure))
        {
            var code = Unsafe.As<LuaClosure>(iterator.Ref).Code;
            if (func + 3 + code.EntrySlots > thread.StackLimit || thread.FrameIndex + 1 >= thread.Frames.Length) return CallIterator(thread, i, isFinished: false);
            LuaValue.Copy(ref slot, ref iterator);
            LuaValue.Copy(ref Unsafe.Add(ref slot, 1), ref Unsafe.Add(ref iterator, 1));
            LuaValue.Copy(ref Unsafe.Add(ref slot, 2), ref Unsafe.Add(ref iterator, 2));
            for (var n = Math.Min(2, code.ParameterCount); n < code.CleanUpTo; n++) LuaValue.WriteBits(ref Unsafe.Add(ref slot, n + 1), LuaValue.NilTag);
            ref var frame = ref Unsafe.Add(ref caller, 1);
            frame.Func = func;
            frame.Base = func + 1;
            frame.Wanted = i.C;
            frame.Kind = FrameKind.Iterator;
            frame.Pc = 0;
            thread.FrameIndex++;
            state.HostLevels++;
            return CallOutcome.Entered;
        }
        var host = Unsafe.As<LuaHostFunction>(iterator.Ref);
        if (host.Kind != HostKind.Wrapped) return CallIterator(thread, i, isFinished: false);
        LuaValue.Copy(ref slot, ref iterator);
        LuaValue.Copy(ref Unsafe.Add(ref slot, 1), ref Unsafe.Add(ref iterator, 1));
        LuaValue.Copy(ref Unsafe.Add(ref slot, 2), ref Unsafe.Add(ref iterator, 2));
        var mine = thread.FrameIndex;
        state.HostLevels++;
        var outcome = CallResume(thread, host, func, 2, i.C, FrameKind.Iterator);
        if (outcome == CallOutcome.Completed || (outcome == CallOutcome.Raised && thread.FrameIndex == mine)) state.HostLevels--;
        return outcome;
    }

    static CallOutcome CallIterator(LuaThread thread, Instruction i, bool isFinished = true)
    {
        var state = thread.State;
        var loop = thread.Frames[thread.FrameIndex].Base + i.A;
        var stack = thread.Room(loop + 6);
        for (var n = 0; n < 3; n++) LuaValue.Copy(ref stack[loop + 3 + n], ref stack[loop + n]);
        if (++state.HostLevels >= LuaLimits.HostLevelsMax && !AllowLevel(thread))
        {
            state.HostLevels--;
            return CallOutcome.Raised;
        }
        var frame = thread.FrameIndex;
        var outcome = PrepareCall(thread, loop + 3, 2, i.C, FrameKind.Iterator);
        if (outcome == CallOutcome.Completed)
        {
            state.HostLevels--;
            if (isFinished) FinishIterator(thread);
        }
        else if (outcome == CallOutcome.Raised && thread.FrameIndex == frame)
        {
            state.HostLevels--;
        }
        return outcome;
    }

    // The second half of TFORLOOP: the control variable takes the first result, and the jump back follows unless that is nil.
    static void FinishIterator(LuaThread thread)
    {
        ref var frame = ref thread.Frames[thread.FrameIndex];
        if (thread.HookEvents != HookEvents.None) thread.HookJumpedFrom = frame.Pc;
        var code = Unsafe.As<LuaClosure>(thread.Stack[frame.Func].Ref!).Code.Prototype.Code;
        var loop = frame.Base + code[frame.Pc - 1].A;
        var stack = thread.Stack;
        if (!stack[loop + 3].IsNil)
        {
            LuaValue.Copy(ref stack[loop + 2], ref stack[loop + 3]);
            frame.Pc += code[frame.Pc].SBx;
        }
        frame.Pc++;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static CallOutcome TailCall(LuaThread thread, ref ulong ip) => TailCall(thread, Begin(thread, ref ip));

    static CallOutcome TailCall(LuaThread thread, Instruction i)
    {
        ref var frame = ref thread.Frames[thread.FrameIndex];
        var func = frame.Base + i.A;
        var arguments = i.B != 0 ? i.B - 1 : thread.Top - func - 1;
        if (!thread.Stack[func].IsFunction && !UseCallMetamethod(thread, func, ref arguments)) return CallOutcome.Raised;
        // A host function is called as ever; the RETURN that follows passes its results on.
        if (thread.Stack[func].Ref is not LuaClosure closure)
        {
            var host = Unsafe.As<LuaHostFunction>(thread.Stack[func].Ref!);
            return CallShort(thread, host, ref thread.Stack[func], func, arguments, -1);
        }

        if (thread.HookEvents != HookEvents.None)
        {
            if (!Hooks.OnTailCall(thread, closure, func, arguments)) return CallOutcome.Raised;
            frame = ref thread.Frames[thread.FrameIndex];
        }
        if (thread.OpenUpvalues is not null) CloseUpvalues(thread, frame.Base);
        var code = closure.Code;
        var needed = frame.Func + 1 + arguments + code.ParameterCount + 1 + code.MaxStackSize;
        if (needed > thread.StackLimit && !GrowStack(thread, needed)) return CallOutcome.Raised;
        var stack = thread.Stack;
        for (var n = 0; n <= arguments; n++) LuaValue.Copy(ref stack[frame.Func + n], ref stack[func + n]);
        if (code.IsVararg)
        {
            frame.Base = AdjustVarargs(thread, code, frame.Func, arguments);
        }
        else
        {
            frame.Base = frame.Func + 1;
            for (var n = Math.Min(arguments, code.ParameterCount); n < code.CleanUpTo; n++) LuaValue.WriteBits(ref stack[frame.Base + n], LuaValue.NilTag);
        }
        frame.Pc = 0;
        if (frame.TailCalls < TailCallsMax) frame.Kind += FrameKind.TailCallUnit;
        return CallOutcome.Entered;
    }

    /// <summary>More are not counted; only tracebacks show them.</summary>
    const int TailCallsMax = 0x7F_FFFE;

    // tryfuncTM: the __call handler takes the function's slot, and the value that was called becomes the first argument.
    static bool UseCallMetamethod(LuaThread thread, int func, ref int arguments)
    {
        ref var called = ref thread.Stack[func];
        var handler = called.IsTable && called.AsTable.Metatable is { } metatable
            ? LuaValue.Read(ref metatable.FindMetamethod(Metamethod.Call))
            : MetamethodOf(thread.State, called, Metamethod.Call);
        if (!handler.IsFunction)
        {
            ref var frame = ref thread.Frames[thread.FrameIndex];
            return RaiseTypeError(thread, thread.Stack[func], "call", frame.IsLua ? func - frame.Base : NoRegister);
        }
        var stack = thread.Room(func + arguments + 2);
        for (var n = func + arguments; n >= func; n--) LuaValue.Copy(ref stack[n + 1], ref stack[n]);
        LuaValue.Copy(ref stack[func], ref handler);
        arguments++;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool HasFrameRoom(LuaThread thread) => thread.FrameIndex + 1 < thread.Frames.Length || GrowFrames(thread);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool GrowFrames(LuaThread thread)
    {
        // An error handler may go a little further, to make its message.
        var limit = thread.State.DepthMax + (thread.IsHandlingOverflow ? LuaLimits.HostLevelsMax : 0);
        var length = thread.Frames.Length;
        if (length >= limit)
        {
            if (thread.IsHandlingOverflow)
            {
                thread.State.SetHandledError(WellKnown.ErrorInErrorHandling);
                return false;
            }
            return RaiseText(thread, "stack overflow");
        }
        Array.Resize(ref thread.Frames, Math.Min(length * 2, limit));
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool GrowStack(LuaThread thread, int needed)
    {
        if (needed > LuaLimits.StackSlotsMax) return RaiseText(thread, "stack overflow");
        if (needed > 4096 && !thread.State.Charge((long)needed * 16)) return false;
        thread.GrowStack(needed);
        return true;
    }
}
