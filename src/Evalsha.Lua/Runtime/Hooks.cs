// Hooks for calls, returns, lines and instruction counts (debug.sethook; ldo.c's luaD_callhook and lvm.c's traceexec).
// A program without hooks pays nothing for them: sethook replaces the opcode of every instruction the state can reach by Op.Hook, in place, and the
// loop asks here before it does what stood there (Executable.IsHooked). Calls of host functions test one byte of their coroutine.
// Always: a hook never runs inside a hook; each coroutine has its own, and a new one takes its creator's mask without its function, as in PUC.
using Evalsha.Lua.Bytecode;

namespace Evalsha.Lua.Runtime;

[Flags]
internal enum HookEvents : byte
{
    None = 0,
    Call = 1,
    Return = 2,
    Line = 4,
    Count = 8,
}

internal static class Hooks
{
    static readonly ByteString CallName = ByteString.FromUtf8("call");
    static readonly ByteString ReturnName = ByteString.FromUtf8("return");
    static readonly ByteString TailReturnName = ByteString.FromUtf8("tail return");
    static readonly ByteString LineName = ByteString.FromUtf8("line");
    static readonly ByteString CountName = ByteString.FromUtf8("count");

    const int NoLine = -1;

    /// <summary>lua_sethook: a null function or no events ends the hooks of this coroutine.</summary>
    public static void Set(LuaThread thread, LuaFunction? function, HookEvents events, int count)
    {
        var wasHooked = thread.IsHooked;
        thread.HookFunction = function;
        thread.HookEvents = function is null ? HookEvents.None : events;
        thread.HookInterval = thread.HookCountdown = count;
        thread.HookJumpedFrom = 0;
        thread.IsInstructionRetried = thread.IsEntryReported = false;
        if (thread.IsHooked == wasHooked) return;
        var state = thread.State;
        state.IsCompiledOff = true; // hooks see each instruction, compiled code does not
        state.HookedThreads += wasHooked ? -1 : 1;
        if (state.HookedThreads == (wasHooked ? 0 : 1))
        {
            foreach (var closure in LiveBytes.Closures(state)) closure.Code.SetHooked(!wasHooked);
        }
    }

    /// <summary>Before an instruction of a Lua function, whose position the frame holds already. False: a hook raised an error.</summary>
    /// <param name="previous">The position the frame held before; 0 when the function has just been entered.</param>
    public static bool BeforeInstruction(LuaThread thread, int previous)
    {
        var frame = thread.FrameIndex;
        ExpectEntry(thread);
        if (thread.HookEvents == HookEvents.None) return true;
        if (thread.IsInstructionRetried)
        {
            thread.IsInstructionRetried = false;
            return true;
        }
        if (thread.HookJumpedFrom != 0)
        {
            previous = thread.HookJumpedFrom;
            thread.HookJumpedFrom = 0;
        }
        var isInside = thread.IsInHook;
        if (previous == 0 && !isInside && !OnEntry(thread)) return false;
        if ((thread.HookEvents & (HookEvents.Line | HookEvents.Count)) != 0)
        {
            var isCounted = --thread.HookCountdown == 0;
            if (isCounted && (thread.HookEvents & HookEvents.Count) != 0)
            {
                thread.HookCountdown = thread.HookInterval;
                if (!isInside && !Run(thread, CountName, NoLine)) return false;
            }
            if (isInside) return true;
            if ((thread.HookEvents & HookEvents.Line) != 0)
            {
                // A new function, a jump back, or a new line.
                var lines = DebugInfo.ClosureAt(thread, frame).Prototype.Lines;
                var pc = thread.Frames[frame].Pc;
                var line = LineAt(lines, pc);
                if ((pc == 1 || pc <= previous || line != LineAt(lines, previous)) && !Run(thread, LineName, line)) return false;
            }
        }
        if ((thread.HookEvents & HookEvents.Return) == 0 || isInside) return true;
        var code = DebugInfo.ClosureAt(thread, frame).Prototype.Code;
        return code[thread.Frames[frame].Pc - 1].OpCode != OpCode.Return || OnReturn(thread);
    }

    static int LineAt(int[] lines, int position) => position > 0 && position <= lines.Length ? lines[position - 1] : 0;

    // The loop does not write the position of a function it enters before the first save: here it must read 0.
    static void ExpectEntry(LuaThread thread)
    {
        if (thread.FrameIndex + 1 < thread.Frames.Length) thread.Frames[thread.FrameIndex + 1].Pc = 0;
    }

    static bool OnEntry(LuaThread thread)
    {
        if ((thread.HookEvents & HookEvents.Call) == 0) return true;
        if (thread.IsEntryReported)
        {
            thread.IsEntryReported = false;
            return true;
        }
        return Run(thread, CallName, NoLine);
    }

    /// <summary>A Lua function is about to take the place of the running one: the hook sees it above its caller, as PUC calls it first and moves it then.</summary>
    public static bool OnTailCall(LuaThread thread, LuaClosure callee, int func, int arguments)
    {
        if ((thread.HookEvents & HookEvents.Call) == 0 || thread.IsInHook) return true;
        if (!Interpreter.EnterLua(thread, callee.Code, func, arguments, -1, 0)) return false;
        thread.Frames[thread.FrameIndex].Pc = 1;
        var top = func + 1 + arguments;
        if (!Run(thread, CallName, NoLine)) return false;
        if (callee.Code.IsVararg)
        {
            // The parameters went above the extra arguments: back, for the call itself.
            var parameters = Math.Min(arguments, callee.Code.ParameterCount);
            thread.Stack.AsSpan(thread.Frames[thread.FrameIndex].Base, parameters).CopyTo(thread.Stack.AsSpan(func + 1));
        }
        thread.FrameIndex--;
        thread.Top = top;
        thread.IsEntryReported = true;
        return true;
    }

    /// <summary>A host function is about to run: its frame is on the list.</summary>
    public static bool OnCall(LuaThread thread) => (thread.HookEvents & HookEvents.Call) == 0 || thread.IsInHook || Run(thread, CallName, NoLine);

    /// <summary>The running call is about to return; its results lie below the thread's top.</summary>
    public static bool OnReturn(LuaThread thread)
    {
        if ((thread.HookEvents & HookEvents.Return) == 0 || thread.IsInHook) return true;
        var frame = thread.FrameIndex;
        if (!Run(thread, ReturnName, NoLine)) return false;
        if (!thread.Frames[frame].IsLua) return true;
        while (thread.Frames[frame].TailCalls > 0 && (thread.HookEvents & HookEvents.Return) != 0)
        {
            thread.Frames[frame].Kind -= FrameKind.TailCallUnit;
            if (!Run(thread, TailReturnName, NoLine)) return false;
        }
        return true;
    }

    static bool Run(LuaThread thread, ByteString name, int line)
    {
        if (thread.HookFunction is not { } function) return true;
        var top = thread.Top;
        var at = Math.Max(top, Interpreter.SafeTop(thread));
        var stack = thread.Room(at + 3);
        stack[at] = function;
        stack[at + 1] = name;
        stack[at + 2] = line < 0 ? LuaValue.Nil : line;
        thread.Top = at + 3;
        thread.IsInHook = true;
        var ok = Interpreter.Call(thread, at, 2, 0);
        thread.IsInHook = false;
        if (ok) thread.Top = top;
        ExpectEntry(thread);
        return ok;
    }
}
