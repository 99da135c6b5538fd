// Errors: PUC's texts for failed instructions (ldebug.c), with what is known of the variable, and the way from where an error is raised to
// the pcall that catches it. An error is a value kept by the state and a status; nothing is thrown.
using System.Runtime.CompilerServices;

namespace Evalsha.Lua.Runtime;

internal static partial class Interpreter
{
    /// <summary>luaG_runerror: the text with the position of the running function, when that is a Lua function.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static bool RaiseText(LuaThread thread, string message)
    {
        thread.State.SetError(Text.ToByteString(DebugInfo.Where(thread, 0) + message));
        return false;
    }

    /// <summary>luaL_error: the text with the position of the function that called the running host function.</summary>
    internal static bool RaiseWhere(LuaThread thread, string message)
    {
        thread.State.SetError(Text.ToByteString(DebugInfo.Where(thread, 1) + message));
        return false;
    }

    /// <param name="register">The register that holds the value in the running Lua function, or <see cref="NoRegister"/>.</param>
    internal static bool RaiseTypeError(LuaThread thread, in LuaValue value, string operation, int register = NoRegister)
    {
        var type = value.Type.Name();
        var variable = register == NoRegister ? null : DebugInfo.DescribeRegister(thread, register);
        return RaiseText(thread, variable is null
            ? $"attempt to {operation} a {type} value"
            : $"attempt to {operation} {variable} (a {type} value)");
    }

    // luaG_aritherror: the second operand is to blame when the first is a number.
    static bool RaiseArithmeticError(LuaThread thread, in LuaValue a, in LuaValue b, int registerA, int registerB) => TryToNumber(a, out _)
        ? RaiseTypeError(thread, b, "perform arithmetic on", registerB)
        : RaiseTypeError(thread, a, "perform arithmetic on", registerA);

    internal static bool RaiseOrderError(LuaThread thread, in LuaValue a, in LuaValue b)
    {
        string first = a.Type.Name(), second = b.Type.Name();
        return RaiseText(thread, first[2] == second[2] // PUC compares the third letter
            ? $"attempt to compare two {first} values"
            : $"attempt to compare {first} with {second}");
    }

    /// <summary>
    /// Takes the calls off down to the nearest pcall of this activation of the loop and gives it false and the error. False: there is none,
    /// and this activation ends; its own call is off the list, unless it is the foot of a coroutine, which keeps its calls for a traceback.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool Unwind(LuaThread thread)
    {
        var state = thread.State;
        var isPlain = thread.Handler == 0;
        if (!isPlain) CallHandler(thread);
        var levels = 0;
        var index = thread.FrameIndex;
        thread.RaisedAt = Math.Max(thread.RaisedAt, index);
        while (true)
        {
            ref var frame = ref thread.Frames[index];
            levels += frame.Levels;
            if ((frame.Kind & FrameKind.Protected) != 0) break;
            if ((frame.Kind & FrameKind.Entry) != 0)
            {
                state.HostLevels -= levels;
                CloseUpvalues(thread, frame.Func + 1);
                if (thread.IsMain || index > 1) thread.FrameIndex = index - 1;
                return false;
            }
            index--;
        }

        thread.ErrorCaught(index);
        ref var catcher = ref thread.Frames[index];
        CloseUpvalues(thread, catcher.Func + 1);
        state.HostLevels -= levels;
        thread.FrameIndex = index;
        thread.Handler = catcher.PreviousHandler;
        thread.IsHandlingOverflow = false;
        var function = thread.Stack[catcher.Func];
        thread.Stack[catcher.Func] = LuaValue.False;
        thread.Stack[catcher.Func + 1] = isPlain ? state.TakeCaughtError() : state.TakeError();
        if (thread.HookEvents != HookEvents.None && !ReturnHook(thread, function, 2)) return Unwind(thread);
        return FinishReturn(thread, catcher.Func, 2) != ReturnOutcome.Raised || Unwind(thread);
    }

    /// <summary>Calls the handler of the nearest xpcall, once for each error, where it was raised: the calls are still on the list.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void CallHandler(LuaThread thread)
    {
        var state = thread.State;
        if (state.IsErrorHandled) return;
        var handler = thread.Stack[thread.Handler];
        if (!handler.IsFunction)
        {
            state.SetHandledError(WellKnown.ErrorInErrorHandling);
            return;
        }
        var at = SafeTop(thread);
        var stack = thread.Room(at + 2);
        stack[at] = handler;
        stack[at + 1] = state.ErrorValue;
        thread.Top = at + 2;
        thread.IsHandlingOverflow = true;
        if (Call(thread, at, 1, 1))
        {
            state.ErrorValue = thread.Stack[at];
        }
        else if (!state.IsErrorHandled)
        {
            // The handler could not be called, or is a host function that failed: it is asked about that too, a level deeper each time,
            // until the levels are used up and the error is "error in error handling".
            state.HostLevels++;
            CallHandler(thread);
            state.HostLevels--;
        }
        thread.IsHandlingOverflow = false;
        state.IsErrorHandled = true;
    }
}
